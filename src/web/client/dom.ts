import { visible } from '../../visible-text.ts'

const SVG = 'http://www.w3.org/2000/svg'

/** @throws Error when the page lacks it, which is a bug of the page */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

type Attributes = Readonly<Record<string, string | number | undefined>>
type Child = Node | string

function filled<Kind extends Element>(node: Kind, attributes: Attributes, children: readonly Child[]): Kind {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) node.setAttribute(name, String(value))
  node.append(...children)
  return node
}

/** Text among the children becomes a text node: never markup. */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => filled(document.createElement(tag), attributes, children)

export const drawn = <Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] => filled(document.createElementNS(SVG, tag), attributes, children)

/** Text from records: what is hidden in it is shown, and its direction stays its own. */
export const foreign = (text: string): HTMLElement => element('span', { class: 'foreign' }, visible(text))

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

export function setLevel(node: HTMLElement | SVGElement, level: string): void {
  if (node.dataset['level'] !== level) node.dataset['level'] = level
}

export interface Column<Row> {
  readonly title: string
  readonly number?: boolean
  /** Of text from records. */
  readonly text?: boolean
  readonly cell: (row: Row) => Child
}

/** Draws a table again; rows keep their place, so that a reader's does not move. */
export function showTable<Row>(table: HTMLElement, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  let [head, body] = [table.querySelector('thead'), table.querySelector('tbody')]
  if (!head || !body) {
    head = element('thead')
    body = element('tbody')
    const titles = columns.map(({ title, number }) => element('th', { scope: 'col', class: number ? 'number' : undefined }, title)) // prettier-ignore
    head.append(element('tr', {}, ...titles))
    table.append(head, body)
  }
  while (body.rows.length > rows.length) body.rows[body.rows.length - 1]!.remove()
  for (const [i, row] of rows.entries()) {
    const line = body.rows[i] ?? body.appendChild(emptyRow(columns))
    for (const [j, { cell }] of columns.entries()) fill(line.cells[j]!, cell(row))
  }
}

function emptyRow<Row>(columns: readonly Column<Row>[]): HTMLTableRowElement {
  const cells = columns.map(({ number, text }) => element('td', { class: number ? 'number' : text ? 'text' : undefined })) // prettier-ignore
  return element('tr', {}, ...cells)
}

function fill(cell: HTMLElement, child: Child): void {
  if (typeof child === 'string') setText(cell, child)
  else if (!(cell.childNodes.length === 1 && cell.firstChild!.isEqualNode(child))) cell.replaceChildren(child)
}

/** Replaces the items of a list when they have changed. */
export function showList(list: HTMLElement, items: readonly HTMLElement[]): void {
  const same = list.children.length === items.length && items.every((item, i) => list.children[i]!.isEqualNode(item))
  if (!same) list.replaceChildren(...items)
}
