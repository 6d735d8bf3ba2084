import { once } from 'node:events'
import { formatNumber } from '../shell/format-number.ts'
import type { QueryResult } from '../../app/ksql/query.ts'
import type { Context } from '../shell/action.ts'
import { visible, visibleJson } from '../../visible-text.ts'

/** A cell as people read it: text without its quotes, NULL as SQL writes it, nothing that a terminal would obey. */
function cellOf(json: string): string {
  if (json.startsWith('"')) return visible(JSON.parse(json) as string)
  return json === 'null' ? 'NULL' : visible(json)
}

/** Columns as wide as what came first needs; a wider cell later moves the rest of its row. */
class RowTable {
  readonly #columns: readonly string[]
  #widths: readonly number[] | undefined

  constructor(columns: readonly string[]) {
    this.#columns = columns.map(visible)
  }

  lines(rows: readonly (readonly string[])[]): string[] {
    const cells = rows.map((row) => row.map(cellOf))
    const head = this.#widths === undefined ? [this.#columns] : []
    this.#widths ??= this.#columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)))
    return [...head, ...cells].map((row) => this.#line(row))
  }

  #line(row: readonly string[]): string {
    return row
      .map((cell, i) => cell.padEnd(this.#widths![i] ?? 0))
      .join('  ')
      .trimEnd()
  }
}

/** A row as a JSON object. Its numbers stay as ksqlDB wrote them. */
function documentsOf(columns: readonly string[]): (row: readonly string[]) => string {
  const names = columns.map((name) => JSON.stringify(name))
  return (row) => `{${names.map((name, i) => `${name}:${row[i] ?? 'null'}`).join(',')}}`
}

/** Prints rows as they come, and waits for their reader: a slow reader slows the query, and nothing piles up. */
export async function showRows({ world, output, signal }: Context, { columns, rows }: QueryResult): Promise<void> {
  const table = new RowTable(columns)
  const document = documentsOf(columns)
  let count = 0
  for await (const some of rows) {
    count += some.length
    const lines = output.json ? some.map((row) => visibleJson(document(row))) : table.lines(some)
    if (lines.length > 0) output.line(lines.join('\n'))
    if (world.stdout.writableNeedDrain) await once(world.stdout, 'drain', { signal }).catch(() => undefined)
  }
  if (count === 0 && !output.json) for (const line of table.lines([])) output.line(line)
  output.note(`${formatNumber(count)} ${count === 1 ? 'row' : 'rows'}`)
}
