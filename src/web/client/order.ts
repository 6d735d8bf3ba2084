import type { OrderStep, OrderView, Searched } from '../../app/dashboard/model.ts'
import { byId, element, foreign, setText, showTable } from './dom.ts'
import { count, ms } from './format.ts'

/** The look-up of an order; its address is `#/order/<id>`. */
export function setUpOrders(): { readonly find: (id: string) => void } {
  const input = byId('order-id') as HTMLInputElement
  byId('order-form').addEventListener('submit', (event) => {
    event.preventDefault()
    const id = input.value.trim()
    if (id === '') return
    const hash = `#/order/${encodeURIComponent(id)}`
    if (location.hash === hash) void look(id)
    else location.hash = hash
  })
  return {
    find: (id) => {
      if (input.value !== id) input.value = id
      void look(id)
    },
  }
}

let asked = 0

async function look(id: string): Promise<void> {
  const mine = ++asked
  const note = byId('order-note')
  byId('order-result').hidden = true
  setText(note, 'Searching…')
  try {
    const response = await fetch(`/api/order/${encodeURIComponent(id)}`)
    const found = (await response.json()) as OrderView | { readonly error: string }
    if (mine !== asked) return
    if ('error' in found) setText(note, found.error)
    else show(found, note)
  } catch {
    if (mine === asked) setText(note, 'The server did not answer. Is it running?')
  }
}

function show({ orderId, userId, steps, searched, ms: took, outOfTime }: OrderView, note: HTMLElement): void {
  const found = steps.length === 0 ? `No record of ${orderId} was found` : `${count(steps.length)} records of ${orderId}, user ${userId ?? 'unknown'}` // prettier-ignore
  const partitions = `${count(searched.length)} ${searched.length === 1 ? 'partition' : 'partitions'} searched`
  setText(note, `${found}; ${partitions} in ${ms(took)}${outOfTime ? ', until the time for it was over: there may be more' : ''}.`) // prettier-ignore
  showTable<OrderStep>(byId('order-steps'), [
    { title: 'Written', cell: ({ atMs }) => (atMs === null ? '–' : new Date(atMs).toISOString()) },
    { title: 'After the order', number: true, cell: ({ sinceOrderMs }) => ms(sinceOrderMs) },
    { title: 'Topic', cell: ({ topic }) => topic },
    { title: 'By', cell: ({ writer }) => writer },
    { title: 'At', cell: ({ partition, offset }) => `${partition}:${offset}` },
    { title: 'Record', text: true, cell: ({ value }) => foreign(value ?? '(null)') },
  ], steps) // prettier-ignore
  showTable<Searched>(byId('order-searched'), [
    { title: 'Partition', cell: ({ topic, partition }) => `${topic}/${partition}` },
    { title: 'Chosen by', cell: ({ by }) => (by === 'key' ? 'the hash of its key' : 'none: all partitions') },
    { title: 'Records read', number: true, cell: ({ records }) => count(records) },
    { title: 'Found', number: true, cell: ({ found: many }) => count(many) },
    { title: 'Complete', cell: ({ complete }) => element('span', {}, complete ? 'yes' : 'no') },
  ], searched) // prettier-ignore
  byId('order-result').hidden = false
}
