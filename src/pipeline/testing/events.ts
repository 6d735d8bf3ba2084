import type { Cents } from '../money.ts'
import { failedPayments, orders, payments, users, type EventOf, type TopicSpec } from '../events/topics.ts'

/** What a record carries besides its event, for steps that ask their context; each has a default. */
export interface GivenRecord {
  /** The topic's key of the event when absent. */
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** ms since 1970; the event's own time when absent. */
  readonly timestamp?: number
  /** 0 when absent. */
  readonly partition?: number
  /** Counted when absent. */
  readonly offset?: number
}

/** An event and the topic it stands in. */
export interface TopicEvent<Event = unknown> {
  readonly topic: TopicSpec
  readonly event: Event
  readonly record?: GivenRecord
}

/** A record without a value. */
export interface Tombstone {
  readonly topic: TopicSpec
  readonly tombstone: Pick<GivenRecord, 'headers' | 'timestamp'> & { readonly key: string | null }
}

/** A record without a value, by its key: `tombstone(countries, 'Malta')`. */
export const tombstone = (topic: TopicSpec, key: string | null, record: Omit<GivenRecord, 'key'> = {}): Tombstone => ({ topic, tombstone: { ...record, key } }) // prettier-ignore

/** 2024-05-01T12:00:00.000Z: when events happen that do not say. */
export const NOON_MS = 1_714_564_800_000

export const ORDER_ID = '11111111-1111-4111-8111-111111111111'
export const PAYMENT_ID = '22222222-2222-4222-8222-222222222222'

/** Money that is written down, in a test or as what a state begins with: `cents(10.5)` is 1050. */
export const cents = (amount: number): Cents => Math.round(amount * 100) as Cents

/** An event of any topic: `event(myTopic, { … })`, and what its record carries: `event(myTopic, { … }, { headers: { trace: 'x' } })`. */
export const event = <Event extends object>(
  topic: TopicSpec<Event>,
  given: Event,
  record?: GivenRecord,
): TopicEvent<Event> => ({ topic, event: given, ...(record && { record }) })

const factory =
  <Event extends object>(topic: TopicSpec<Event>, defaults: Event) =>
  (given: Partial<Event> = {}): TopicEvent<Event> => ({ topic, event: { ...defaults, ...given } })

/** One thing of 10.00, by user 1. */
export const order = factory<EventOf<typeof orders>>(orders, {
  order_id: ORDER_ID,
  user_id: 1,
  product_id: 1000,
  quantity: 1,
  price: cents(10),
  timestamp: NOON_MS,
})

/** The payment of that order. */
export const payment = factory<EventOf<typeof payments>>(payments, {
  payment_id: PAYMENT_ID,
  order_id: ORDER_ID,
  user_id: 1,
  status: 'SUCCESS',
  amount: cents(10),
  payment_method: 'PayPal',
  timestamp: NOON_MS,
})

export const userEvent = factory<EventOf<typeof users>>(users, {
  user_id: 1,
  name: 'Ada Lovelace',
  event_type: 'login',
  product_id: null,
  timestamp: NOON_MS,
})

export const failedPayment = factory<EventOf<typeof failedPayments>>(failedPayments, {
  order_id: ORDER_ID,
  user_id: 1,
  amount: cents(10),
  payment_method: 'PayPal',
  timestamp: NOON_MS,
})
