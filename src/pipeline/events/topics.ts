import { integer, money, nullable, oneOf, text, time, uuid } from '../codec/fields.ts'
import { nested, shape, type Shape } from '../codec/shape.ts'
import { userKey, type OfUser } from './user-key.ts'

/** A topic of events: its name, what an event looks like, and the text of its key (which decides its partition). */
export interface TopicSpec<Event = unknown> {
  readonly name: string
  readonly shape: Shape<Event>
  key(event: Event): string
  /** When the event happened, in ms since 1970; absent for events of no time. */
  timeOf?(event: Event): number
  /** Whether payflow's own workers write it: its events have the times of inputs, which were looked at when they came in. */
  readonly derived?: boolean
}

/** What an event of a topic is in memory: `EventOf<typeof orders>`. */
export type EventOf<Topic> = Topic extends TopicSpec<infer Event> ? Event : never

interface Timed extends OfUser {
  readonly timestamp: number
}

const timestamp = (event: Timed): number => event.timestamp

function topic<Event extends OfUser>(
  name: string,
  events: Shape<Event>,
  timeOf: (event: Event) => number,
  key: (event: Event) => string = userKey,
): TopicSpec<Event> {
  return { name, shape: events, key, timeOf }
}

const derived = <Event extends OfUser>(...of: Parameters<typeof topic<Event>>): TopicSpec<Event> => ({
  ...topic(...of),
  derived: true,
})

export const paymentStatuses = ['SUCCESS', 'FAILED'] as const
export const orderStatuses = ['PAID', 'DECLINED', 'AMOUNT_MISMATCH', 'UNKNOWN_ORDER'] as const
export const paymentMethods = ['Credit Card', 'Debit Card', 'PayPal', 'Crypto'] as const
export const eventTypes = ['signup', 'login', 'view_product', 'add_to_cart', 'purchase'] as const

const order = {
  order_id: uuid(),
  user_id: integer(1),
  product_id: integer(0),
  quantity: integer(1),
  price: money(),
  timestamp: time(),
}

export const orders = topic('orders', shape(order), timestamp)

export const payments = topic(
  'payments',
  shape({
    payment_id: uuid(),
    order_id: uuid(),
    user_id: integer(1),
    status: oneOf(...paymentStatuses),
    amount: money(),
    payment_method: oneOf(...paymentMethods),
    timestamp: time(),
  }),
  timestamp,
)

export const users = topic(
  'users',
  shape({
    user_id: integer(1),
    name: text(),
    event_type: oneOf(...eventTypes),
    product_id: nullable(integer(0)),
    timestamp: time(),
  }),
  timestamp,
)

/** What the topics of picked payments say of each. */
const pickedPayment = shape({
  order_id: uuid(),
  user_id: integer(1),
  amount: money(),
  payment_method: oneOf(...paymentMethods),
  timestamp: time(),
})

export const failedPayments = derived('failed_payments', pickedPayment, timestamp)
export const largeOrders = derived('large_orders', pickedPayment, timestamp)

export const aggregatedRevenue = derived(
  'aggregated_revenue',
  shape({ user_id: integer(1), total_revenue: money(), order_count: integer(1), timestamp: time() }),
  timestamp,
)

export const frequentFailedPayments = derived(
  'frequent_failed_payments',
  shape({ user_id: integer(1), failed_payment_count: integer(1), last_failed_timestamp: time() }),
  (event) => event.last_failed_timestamp,
)

const profile = shape({ name: text(), last_event_type: oneOf(...eventTypes), last_seen: time() })

export const enrichedOrders = derived(
  'enriched_orders',
  shape({ ...order, total: money(), user: nullable(nested(profile)) }),
  timestamp,
)

/** `timestamp` is the payment's; `order_total` is null while the order is unknown. */
export const orderStatus = derived(
  'order_status',
  shape({
    order_id: uuid(),
    user_id: integer(1),
    status: oneOf(...orderStatuses),
    order_total: nullable(money()),
    amount: money(),
    payment_id: uuid(),
    payment_method: oneOf(...paymentMethods),
    timestamp: time(),
  }),
  timestamp,
  (event) => event.order_id,
)

export type Order = EventOf<typeof orders>
export type Payment = EventOf<typeof payments>
export type UserEvent = EventOf<typeof users>

/** The topics of events, inputs first. */
export const publicTopics: readonly TopicSpec[] = [
  orders,
  payments,
  users,
  failedPayments,
  largeOrders,
  aggregatedRevenue,
  frequentFailedPayments,
  enrichedOrders,
  orderStatus,
]

/** What no worker could read: any bytes, so a topic without a shape. */
export const DEAD_LETTERS = 'dead_letters'

/** A worker's name: it becomes part of the names of topics and groups. */
export const WORKER_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

export const groupOf = (worker: string): string => `payflow-${worker}`
/** Whose producers fence each other: nothing of the process may be in it. `payflow worker reset` fences with the same id. */
export const transactionalIdOf = (worker: string, partition: number): string =>
  `${transactionalIdPrefix(worker)}${partition}`
/** What an ACL for a worker's transactional ids must allow. */
export const transactionalIdPrefix = (worker: string): string => `payflow-${worker}-`
/** The worker whose transactional id this is, if it is one of payflow's. */
export const workerOfTransactionalId = (id: string): string | undefined => /^payflow-(.+)-\d+$/.exec(id)?.[1]
export const stateTopic = (worker: string): string => `payflow-${worker}-state`
export const inboxTopic = (worker: string): string => `payflow-${worker}-inbox`

const publicNames: ReadonlySet<string> = new Set([...publicTopics.map(({ name }) => name), DEAD_LETTERS])
const INTERNAL_TOPIC = /^payflow-(?<worker>.+)-(state|inbox)$/
const STATE_TOPIC = /^payflow-(?<worker>.+)-state$/
const GROUP = /^payflow-(?<worker>.+)$/

function workerIn(pattern: RegExp, name: string): string | undefined {
  const worker = pattern.exec(name)?.groups?.['worker']
  return worker !== undefined && WORKER_NAME.test(worker) ? worker : undefined
}

/** Whether payflow may delete a topic of this name: an internal topic of a worker that is not known (any more) is payflow's too. */
export const isPayflowTopic = (name: string): boolean =>
  publicNames.has(name) || workerIn(INTERNAL_TOPIC, name) !== undefined

/** The worker whose consumer group this is, if it is a worker's. */
export const workerOfGroup = (name: string): string | undefined => workerIn(GROUP, name)
/** Whether a consumer group is a worker's. */
export const isPayflowGroup = (name: string): boolean => workerOfGroup(name) !== undefined
/** The worker whose changelog this is, if it is one. */
export const workerOfStateTopic = (name: string): string | undefined => workerIn(STATE_TOPIC, name)
