import {
  failedPayments,
  largeOrders,
  enrichedOrders,
  orders,
  orderStatus,
  payments,
} from '../../pipeline/events/topics.ts'
import { formatTimestamp } from '../../pipeline/time.ts'
import type { LetterView } from '../dashboard/model.ts'
import type { OrderRecord } from '../dashboard/order.ts'

/** A dead letter that holds the order's or the payment's id. */
export type TracedLetter = Omit<LetterView, 'atMs' | 'value' | 'blamed'>

/** Why an order is where it is. */
export interface Finding {
  /** Stable, for scripts. */
  readonly kind:
    'dead-letter' | 'not-reached' | 'never-ran' | 'waits-for-order' | 'no-payment' | 'handed-on' | 'not-found'
  readonly worker: string | null
  readonly text: string
  /** What shows more, or gets it on. */
  readonly command: string | null
}

export interface Explained {
  readonly records: readonly OrderRecord[]
  readonly letters: readonly TracedLetter[]
  /** What a worker's group has committed in a partition; undefined: nothing. */
  readonly committed: (worker: string, topic: string, partition: number) => number | undefined
}

interface Expected {
  readonly worker: string
  /** Whether its output holds what was to come of the record. */
  readonly isThere: (output: OrderRecord) => boolean
}

const DEFAULT_THRESHOLD_CENTS = 50_000
const DEFAULT_WAIT_MS = 600_000
const WAIT = '10 minutes'

const samePayment =
  (topic: string, payment: OrderRecord) =>
  ({ topic: of, event }: OrderRecord): boolean =>
    of === topic && event['timestamp'] === payment.event['timestamp'] && event['amount'] === payment.event['amount']

/** What workers make of a record of `orders` or `payments`, as far as it names the order. */
function expectedOf(record: OrderRecord): Expected[] {
  const { topic, event } = record
  if (topic === orders.name)
    return [{ worker: 'process-orders', isThere: ({ topic: of }) => of === enrichedOrders.name }]
  if (topic !== payments.name) return []
  const isOf = ({ topic: of, event: status }: OrderRecord) =>
    of === orderStatus.name && status.payment_id === event.payment_id
  return [
    ...(event['status'] === 'FAILED' ? [{ worker: 'failed-payments', isThere: samePayment(failedPayments.name, record) }] : []),
    ...(Number(event['amount']) > DEFAULT_THRESHOLD_CENTS ? [{ worker: 'large-orders', isThere: samePayment(largeOrders.name, record) }] : []),
    { worker: 'process-payments', isThere: isOf },
  ] // prettier-ignore
}

/** The partitions in which it matters how far a worker has come. */
export const readingsOf = (records: readonly OrderRecord[]): { worker: string; topic: string; partition: number }[] =>
  records.flatMap((record) =>
    expectedOf(record).map(({ worker }) => ({ worker, topic: record.topic, partition: record.partition })),
  )

/** Every worker that has not done what it will do with an order and its payments, and why. */
export function explain({ records, letters, committed }: Explained): Finding[] {
  const told = new Set<TracedLetter>()
  const missing = records.flatMap((record) =>
    expectedOf(record)
      .filter(({ isThere }) => !records.some(isThere))
      .map(({ worker }): Finding => {
        const letter = letters.find((each) => each.worker === worker && each.topic === record.topic && each.partition === record.partition && each.offset === record.offset) // prettier-ignore
        if (!letter) return whyMissing(worker, record, records, committed(worker, record.topic, record.partition))
        told.add(letter)
        return ofLetter(letter)
      }),
  )
  const others = letters.filter((letter) => !told.has(letter)).map(ofLetter)
  const isOrdered = records.some(({ topic }) => topic === orders.name)
  const isPaid = records.some(({ topic }) => topic === payments.name || topic === orderStatus.name)
  return [...missing, ...others, ...(isOrdered && !isPaid ? [noPayment] : [])]
}

const noPayment: Finding = { kind: 'no-payment', worker: null, text: 'No payment names it yet: it has no status before one does', command: null } // prettier-ignore

const ofLetter = ({ id, worker, reason, topic, partition, offset }: TracedLetter): Finding => ({
  kind: 'dead-letter',
  worker,
  text: `${worker} refused ${topic}/${partition}@${offset}, which is dead letter ${id}, because ${reason}`,
  command: `payflow dead-letters show ${id}`,
})

function whyMissing(
  worker: string,
  record: OrderRecord,
  all: readonly OrderRecord[],
  position: number | undefined,
): Finding {
  const { topic, partition, offset, key, event } = record
  const at = `${topic}/${partition}@${offset}`
  if (position === undefined)
    return { kind: 'never-ran', worker, text: `${worker} has committed nothing of ${topic}/${partition}: it has not run here, or not come to an end yet`, command: `payflow worker ${worker}` } // prettier-ignore
  if (position <= offset)
    return { kind: 'not-reached', worker, text: `${worker} has not come to ${at} yet: it is at ${position}, ${offset - position} offsets before it`, command: `payflow groups describe payflow-${worker}` } // prettier-ignore
  if (worker === 'process-payments' && !all.some(({ topic: of }) => of === orders.name)) {
    const until = formatTimestamp(Number(event['timestamp']) + DEFAULT_WAIT_MS)
    return { kind: 'waits-for-order', worker, text: `${worker} waits for the order of payment ${String(event.payment_id)} until ${until} of event time (${WAIT}, --wait); then it is UNKNOWN_ORDER`, command: null } // prettier-ignore
  }
  if (key !== String(event.user_id))
    return { kind: 'handed-on', worker, text: `${worker} has read ${at}, whose key is not its user's: it goes through payflow-${worker}-inbox`, command: `payflow tail payflow-${worker}-inbox --grep ${event.order_id}` } // prettier-ignore
  const perhaps =
    worker === 'large-orders'
      ? 'its threshold may be a higher one (--threshold)'
      : 'the output was deleted, or is missing'
  return { kind: 'not-found', worker, text: `${worker} has read ${at}, and no output of it is found: ${perhaps}`, command: `payflow audit ${worker}` } // prettier-ignore
}

/** In a word or two, what became of it. */
export function outcomeOf(records: readonly OrderRecord[]): string {
  const statuses = records.filter(({ topic }) => topic === orderStatus.name).map(({ event }) => String(event['status']))
  if (statuses.length > 0) return [...new Set(statuses)].join(', then ')
  if (records.some(({ topic }) => topic === payments.name)) return 'payment without a status yet'
  return 'no payment yet'
}
