import { shown } from '../codec/fields.ts'

/** Marks what `toRecord` makes; the same in every copy of this package. */
const mark: unique symbol = Symbol.for('payflow.output-record') as never

/** An event of an output with what its record carries besides. */
export interface OutputRecord<Event> {
  readonly [mark]: true
  readonly event: Event
  /** Instead of the key that its topic gives it. */
  readonly key?: string | undefined
  /** In this order. */
  readonly headers: readonly { readonly key: string; readonly value: Buffer | string }[]
}

/** An event to be emitted under another key than its topic's, or with headers: `emit: [toRecord(event, { headers: { trace } })]`. */
export function toRecord<Event>(
  event: Event,
  { key, headers = {} }: { readonly key?: string; readonly headers?: Readonly<Record<string, Buffer | string>> },
): OutputRecord<Event> {
  if (key !== undefined && typeof key !== 'string')
    throw new Error(`the key of a record must be text, not ${shown(key)}`)
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('payflow.'))
      throw new Error(`a header cannot be ${name}: names with payflow. are payflow's own`)
    if (typeof value !== 'string' && !Buffer.isBuffer(value)) throw new Error(`the header ${name} must be text or a Buffer, not ${shown(value)}`) // prettier-ignore
  }
  const list = Object.entries(headers).map(([name, value]) => ({ key: name, value }))
  return { [mark]: true, event, key, headers: list }
}

export const isOutputRecord = (value: unknown): value is OutputRecord<unknown> =>
  typeof value === 'object' && value !== null && mark in value
