/** What a worker's outputs mean to the business, as far as metrics count it. */
export interface TallyRules<Output, State> {
  /** By how much an output raises the revenue, in cents. `before`: the key's state as the step was given it. */
  readonly revenueCents?: (output: Output, before: State) => number
  /** What an output says of an order: one of a closed list. */
  readonly orderState?: (output: Output) => string
}

export interface Tally {
  revenueCents: number
  /** State → outputs. */
  readonly orders: Record<string, number>
}

export const noTally = (): Tally => ({ revenueCents: 0, orders: {} })

export function addTo(
  tally: Tally,
  rules: TallyRules<unknown, unknown>,
  outputs: readonly unknown[],
  before: unknown,
): void {
  for (const output of outputs) {
    if (rules.revenueCents) tally.revenueCents += rules.revenueCents(output, before)
    if (rules.orderState) {
      const state = rules.orderState(output)
      tally.orders[state] = (tally.orders[state] ?? 0) + 1
    }
  }
}
