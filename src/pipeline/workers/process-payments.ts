import { z } from 'zod'
import type { Cents } from '../money.ts'
import { paymentMethods, paymentStatuses, orderStatus, orders, payments, type EventOf } from '../events/topics.ts'
import { defineWorker } from '../worker/define-worker.ts'
import { userKey } from '../events/user-key.ts'
import { durationOption } from './options.ts'
import { totalTooLarge, orderTotal } from './order-total.ts'

type Status = EventOf<typeof orderStatus>

const openPayment = z.object({
  payment_id: z.string(),
  order_id: z.string(),
  user_id: z.int(),
  status: z.enum(paymentStatuses),
  amount: z.int().min(0),
  payment_method: z.enum(paymentMethods),
  timestamp: z.int(),
  /** Whether UNKNOWN_ORDER was said of it. */
  reported: z.boolean(),
})
type OpenPayment = z.infer<typeof openPayment>

const matching = z.object({
  /** The order's total in cents, once the order has come. */
  total: z.int().min(0).nullable(),
  /** Payments that wait for the order. */
  open: z.array(openPayment),
  /** The greatest timestamp of the order and its payments. */
  newest: z.int(),
})
type Matching = z.infer<typeof matching>

/** So many payments of one order may wait for it: they are one record of the changelog. */
const MAX_OPEN = 1_000

/** An order and a payment belong together only when the user is the same too; users of a partition stay together. */
const keyOf = (event: { readonly user_id: number; readonly order_id: string }): string =>
  `${event.user_id}:${event.order_id}`

const newestOf = (state: Matching | null, timestamp: number): number =>
  state && state.newest > timestamp ? state.newest : timestamp

const tooManyOpen = ({ order_id }: { readonly order_id: string }): string =>
  `${MAX_OPEN} payments wait for order ${order_id} already`

type Matchable = Omit<OpenPayment, 'reported'>

function statusOf(payment: Matchable, total: Cents | null): Status {
  const { order_id, user_id, amount, payment_id, payment_method, timestamp } = payment
  return {
    order_id,
    user_id,
    status: outcomeOf(payment, total),
    order_total: total,
    amount: amount as Cents,
    payment_id,
    payment_method,
    timestamp,
  }
}

function outcomeOf({ status, amount }: Matchable, total: Cents | null): Status['status'] {
  if (total === null) return 'UNKNOWN_ORDER'
  if (status === 'FAILED') return 'DECLINED'
  return amount === total ? 'PAID' : 'AMOUNT_MISMATCH'
}

export const processPaymentsWorker = defineWorker({
  name: 'process-payments',
  summary: 'What became of each payment: paid, declined, another amount, or of no known order',
  inputs: { orders, payments },
  output: orderStatus,
  options: {
    wait: durationOption({
      flag: '--wait <duration>',
      description: 'how long a payment waits for its order before the order is called unknown',
      default: '10m',
    }),
    retention: durationOption({
      flag: '--retention <duration>',
      description: 'how long an order and its open payments are kept',
      default: '1d',
    }),
  },
  state: {
    schema: matching,
    initial: null,
    key: { orders: keyOf, payments: keyOf },
  },
  partitionBy: { orders: userKey, payments: userKey },
  tally: { orderState: ({ status }) => status },
  on: {
    orders: (order, state) => {
      const total = orderTotal(order)
      if (total === undefined) return { reject: totalTooLarge }
      return {
        state: { total, open: [], newest: newestOf(state, order.timestamp) },
        emit: (state?.open ?? []).map((payment) => statusOf(payment, total)),
      }
    },
    payments: (payment, state) => {
      const newest = newestOf(state, payment.timestamp)
      if (state?.total != null)
        return {
          state: { total: state.total, open: state.open, newest },
          emit: [statusOf(payment, state.total as Cents)],
        }
      const open = state?.open ?? []
      if (open.length >= MAX_OPEN) return { reject: tooManyOpen(payment) }
      return { state: { total: null, open: [...open, { ...payment, reported: false }], newest } }
    },
  },
  dueAt: (state, { wait, retention }) => {
    if (!state) return undefined
    let due = state.newest + retention
    for (const { reported, timestamp } of state.open)
      due = Math.min(due, timestamp + (reported ? retention : Math.min(wait, retention)))
    return due
  },
  onTime: (now, state, { wait, retention }) => {
    if (!state) return undefined
    const { open, total, newest } = state
    // a payment that is dropped before its time is up is reported now: every payment gets a status
    const isTold = ({ timestamp }: OpenPayment) => timestamp + Math.min(wait, retention) <= now
    const emit = open
      .filter((payment) => !payment.reported && isTold(payment))
      .map((payment) => statusOf(payment, null))
    // each by its own time: payments that go on coming for an order that never does must not keep the first ones
    const kept = open.filter(({ timestamp }) => timestamp + retention > now)
    const dropped = newest + retention <= now
    return {
      emit,
      state: dropped
        ? null
        : { total, newest, open: kept.map((payment) => ({ ...payment, reported: isTold(payment) })) },
    }
  },
})
