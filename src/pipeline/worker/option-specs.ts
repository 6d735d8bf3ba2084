/** An option of a worker as a user types it. */
export interface WorkerOption<Value> {
  /** The option and what it takes: `--threshold <amount>`. */
  readonly flag: string
  readonly description: string
  /** The default in the spelling of the command line: `500`, `10m`. */
  readonly default: string
  /** Throws an Error that says what is allowed: `expected an amount such as 500 or 499.99, not "lots"`. */
  readonly parse: (text: string) => Value
}

export type OptionSpecs = Readonly<Record<string, WorkerOption<unknown>>>
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends WorkerOption<infer Value> ? Value : never
}
