import { MAX_CENTS, type Cents } from '../money.ts'
import type { EventOf, Order, TopicSpec, UserEvent, enrichedOrders } from '../events/topics.ts'
import { Comparison } from './comparison.ts'
import { fingerprint } from './fingerprint.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, FoundOutput, Rule, RuleOf } from './rule.ts'

type Enriched = EventOf<typeof enrichedOrders>
type Profile = NonNullable<Enriched['user']>

const identityOf = ({ name, last_event_type, last_seen }: Profile): number =>
  fingerprint(`${last_event_type} ${last_seen} ${name}`)

/** The profiles that one user had, each as 8 bytes, and how far the enriched orders have come among them. */
class ProfileHistory {
  readonly #profiles: number[] = []
  readonly #isOrdered: boolean
  #newestMs = -Infinity
  /** The last profile that an order showed; -1: none yet. */
  #shown = -1
  #shownMs = -Infinity

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered
  }

  add(profile: Profile): void {
    // An older event than the newest changes nothing, unless nobody knows which of the two came first.
    if (this.#isOrdered && profile.last_seen < this.#newestMs) return
    this.#newestMs = Math.max(this.#newestMs, profile.last_seen)
    this.#profiles.push(identityOf(profile))
  }

  /** What is wrong with an order that shows this profile next. */
  show(profile: Profile | null): string | undefined {
    if (!profile) return this.#shown < 0 ? undefined : 'an order before it has a user already'
    const from = this.#isOrdered ? Math.max(0, this.#shown) : 0
    const at = this.#profiles.indexOf(identityOf(profile), from)
    if (at < 0) return from === 0 ? 'its user never was like that' : 'its user was not like that at this time'
    if (profile.last_seen < this.#shownMs) return 'an order before it has a newer user'
    this.#shown = at
    this.#shownMs = profile.last_seen
    return undefined
  }
}

/** Each order once, with its total and one of the profiles that its user had, in their order; which of them, the inputs do not tell. */
export const enrichedOrdersRule: RuleOf = ({ output, partitionOf, unordered }): Rule => {
  const topic = output as TopicSpec<Enriched>
  const comparison = new Comparison(output, partitionOf)
  const histories = new Map<string, ProfileHistory>()
  const historyOf = (key: string): ProfileHistory => {
    let history = histories.get(key)
    if (!history) histories.set(key, (history = new ProfileHistory(!unordered.has(key))))
    return history
  }
  const withoutUser = (enriched: Omit<Enriched, 'user'>): string =>
    topic.shape.encode({ ...enriched, user: null }).replace(/null}$/, '…}')

  const input = ({ alias, event, place, required }: AuditedInput): boolean => {
    if (alias === 'users') {
      const { user_id, name, event_type, timestamp } = event as UserEvent
      historyOf(String(user_id)).add({ name, last_event_type: event_type, last_seen: timestamp })
      return false
    }
    const order = event as Order
    const total = order.price * order.quantity
    if (total > MAX_CENTS) return true
    const key = String(order.user_id)
    const text = withoutUser({ ...order, total: total as Cents })
    comparison.expect(key, text, place, { required, ordered: !unordered.has(key) })
    return false
  }

  return {
    aliases: ['users', 'orders'],
    input,
    output: (record: FoundOutput) => {
      const enriched = readOutput(topic, record)
      const wrong = enriched ? historyOf(String(enriched.user_id)).show(enriched.user) : 'it is not an enriched order'
      if (enriched && wrong === undefined) comparison.findAs(record, withoutUser(enriched))
      else comparison.reject(record, wrong ?? '')
    },
    lead: (partition) => comparison.lead(partition),
    findings: () => comparison.findings(),
  }
}
