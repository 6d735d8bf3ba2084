import { byId, element } from './dom.ts'

/** The sections in their order, with the key of each. */
export function setUpKeys({ pause, tail }: { readonly pause: () => void; readonly tail: () => void }): void {
  const help = byId('help') as HTMLDialogElement
  const actions = new Map<string, { readonly says: string; readonly run: () => void }>()
  for (const [i, section] of [...document.querySelectorAll('main > section')].entries()) {
    const title = section.querySelector('h2')!.textContent
    byId('sections').append(element('li', {}, element('a', { href: `#/${section.id}` }, title)))
    actions.set(String(i + 1), { says: title, run: () => (location.hash = `#/${section.id}`) })
  }
  actions.set('/', { says: 'Find an order', run: () => byId('order-id').focus() })
  actions.set('p', { says: 'Pause, or go on', run: pause })
  actions.set('t', { says: 'Live tail: start, or pause', run: tail })
  actions.set('?', { says: 'These keys', run: () => help.showModal() })
  for (const [key, { says }] of actions) byId('help-keys').append(element('dt', {}, key), element('dd', {}, says))
  byId('help-open').addEventListener('click', () => help.showModal())
  addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement && !['checkbox', 'radio'].includes(event.target.type)
    if (typing || event.ctrlKey || event.metaKey || event.altKey || help.open) return
    const action = actions.get(event.key)
    if (!action) return
    event.preventDefault()
    action.run()
  })
}
