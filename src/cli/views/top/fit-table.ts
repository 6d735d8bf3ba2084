import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly right?: boolean
  /** Its least width, so that figures that grow do not move what is beside them. */
  readonly width?: number
  /** May be cut down to this width where there is no room. */
  readonly shrinksTo?: number
  /** What is cut away; the end, where nothing is said. */
  readonly cutAt?: 'middle'
  /** Left out where there is no room: the highest goes first; absent: never. */
  readonly spare?: number
  /** What a cell is that tells nothing: a spare column of such cells is left out before another one is cut. */
  readonly nothing?: string
}

export interface Table {
  readonly head: string
  readonly lines: readonly string[]
  /** Of its first column. */
  readonly firstWidth: number
}

/** Rows as aligned lines of `width` at most. What does not fit is cut or left out, column by column; no figure is ever cut. */
export function fitTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, gap = 2, cut = '…' }: { width: number; gap?: number; cut?: string },
): Table {
  const cells = new Map(columns.map((column) => [column, rows.map((row) => column.cell(row))]))
  const natural = (column: Column<Row>): number => Math.max(column.width ?? 0, ...[column.title, ...cells.get(column)!].map((text) => stringWidth(text))) // prettier-ignore
  const room = (of: readonly Column<Row>[]): number => width - gap * (of.length - 1)
  const fits = (of: readonly Column<Row>[]): boolean => of.reduce((sum, column) => sum + natural(column), 0) <= room(of)
  const isEmpty = (column: Column<Row>): boolean =>
    column.spare !== undefined &&
    column.nothing !== undefined &&
    cells.get(column)!.every((cell) => cell === column.nothing)
  let shown = fits(columns) ? [...columns] : columns.filter((column) => !isEmpty(column))
  let widths = fitted(shown.map(natural), shown, room(shown))
  for (const spare of columns.filter((column) => column.spare !== undefined).sort((a, b) => b.spare! - a.spare!)) {
    if (widths !== undefined) break
    shown = shown.filter((column) => column !== spare)
    widths = fitted(shown.map(natural), shown, room(shown))
  }
  const used = widths ?? shown.map(natural)
  const line = (texts: readonly string[]): string => {
    const padded = shown.map(({ right, cutAt }, i) => {
      const fits = cliTruncate(texts[i]!, used[i]!, { truncationCharacter: cut, ...(cutAt && { position: cutAt }) })
      return pad(fits, used[i]!, right)
    })
    return cliTruncate(padded.join(' '.repeat(gap)).trimEnd(), width, { truncationCharacter: cut })
  }
  return {
    head: line(shown.map(({ title }) => title)),
    lines: rows.map((_, i) => line(shown.map((column) => cells.get(column)![i]!))),
    firstWidth: used[0] ?? 0,
  }
}

/** Widths that fit `room`, the columns that may shrink being cut; undefined when there are none. */
function fitted<Row>(widths: readonly number[], columns: readonly Column<Row>[], room: number): number[] | undefined {
  let over = widths.reduce((sum, width) => sum + width, 0) - room
  const result = [...widths]
  for (const [i, { shrinksTo }] of columns.entries()) {
    if (over <= 0 || shrinksTo === undefined) continue
    const taken = Math.min(over, Math.max(0, result[i]! - shrinksTo))
    result[i]! -= taken
    over -= taken
  }
  return over > 0 ? undefined : result
}

function pad(text: string, width: number, right = false): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return right ? space + text : text + space
}
