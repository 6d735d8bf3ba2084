/** An event's fields: reading from wire JSON into memory types (cents, ms) and back. */
export interface Shape<Event> {
  /** Takes a parsed JSON value. Never throws; `reason` is one sentence that names the field. */
  readonly decode: (value: unknown) => { readonly event: Event } | { readonly reason: string }
  /** The event as JSON text, as payflow writes it: fields in the order of the spec, money with at most two decimals, times as ISO-8601 UTC with ms. */
  readonly encode: (event: Event) => string
}
