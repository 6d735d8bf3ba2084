import type { TailMessage, TailRecord } from '../../app/dashboard/model.ts'
import { byId, element, foreign, setText, showTable } from './dom.ts'
import { clock, count } from './format.ts'

const MOST_ROWS = 200
const firstTopics = new Set(['orders', 'payments', 'order_status'])

/** The newest records of the topics that are chosen, until it is stopped. */
export class TailPanel {
  readonly #toggle = byId('tail-toggle') as HTMLButtonElement
  #source: EventSource | undefined
  #rows: TailRecord[] = []
  #topics: readonly string[] = []

  constructor() {
    this.#toggle.addEventListener('click', () => this.toggle())
  }

  /** Topics to choose from. */
  offer(topics: readonly string[]): void {
    if (topics.join() === this.#topics.join()) return
    this.#topics = topics
    const box = byId('tail-topics')
    for (const label of box.querySelectorAll('label')) label.remove()
    for (const topic of topics) {
      const input = element('input', { type: 'checkbox', value: topic })
      input.checked = firstTopics.has(topic)
      input.addEventListener('change', () => {
        if (this.#source) this.#start()
      })
      box.append(element('label', {}, input, topic))
    }
  }

  toggle(): void {
    if (this.#source) this.#stop()
    else this.#start()
  }

  #start(): void {
    this.#source?.close()
    const chosen = [...document.querySelectorAll<HTMLInputElement>('#tail-topics input:checked')].map(({ value }) => value) // prettier-ignore
    this.#source = new EventSource(`/api/tail?topics=${encodeURIComponent(chosen.join())}`)
    this.#source.addEventListener('records', ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data) as TailMessage)) // prettier-ignore
    setText(this.#toggle, 'Pause')
    setText(byId('tail-note'), 'Waiting for records…')
  }

  #stop(): void {
    this.#source?.close()
    this.#source = undefined
    setText(this.#toggle, 'Go on')
    setText(byId('tail-note'), `Paused. The ${count(this.#rows.length)} newest records that were shown.`)
  }

  #take({ records, passed, perPartition }: TailMessage): void {
    const left = passed - records.length
    const sampled = left > 0 ? ` A sample: the ${perPartition} newest of each partition; ${count(left)} others, or commit markers, went by.` : ' All of them.' // prettier-ignore
    setText(byId('tail-note'), `${count(records.length)} records in the last second.${sampled} At most ${MOST_ROWS} are kept.`) // prettier-ignore
    this.#rows = [...records.toReversed(), ...this.#rows].slice(0, MOST_ROWS)
    showTable<TailRecord>(byId('tail-table'), [
      { title: 'Time', cell: ({ atMs }) => (atMs === null ? '–' : clock(atMs)) },
      { title: 'Topic', cell: ({ topic }) => topic },
      { title: 'At', cell: ({ partition, offset }) => `${partition}:${offset}` },
      { title: 'Key', text: true, cell: ({ key }) => foreign(key ?? '(null)') },
      { title: 'Value', text: true, cell: ({ value }) => foreign(value ?? '(null)') },
    ], this.#rows) // prettier-ignore
  }
}
