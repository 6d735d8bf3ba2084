import { MAX_CENTS } from '../money.ts'
import type { EventOf, Order, Payment, TopicSpec, orderStatus } from '../events/topics.ts'
import { fingerprint } from './fingerprint.ts'
import { OrderTable } from './order-table.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, FoundOutput, Rule, RuleOf, RuleSetup } from './rule.ts'
import { StatusLedger } from './status-ledger.ts'
import type { AwaitedStatus, Waits } from './unknown-orders.ts'
import { TaskClocks } from './task-clocks.ts'

type Status = EventOf<typeof orderStatus>

const orderKey = ({ user_id, order_id }: { user_id: number; order_id: string }): number =>
  fingerprint(`${user_id}:${order_id}`)

/** The payment that a status is of, as far as both say it. */
const paymentKey = (payment: Omit<Status, 'status' | 'order_total'>): number => {
  const { payment_id, order_id, user_id, amount, payment_method, timestamp } = payment
  return fingerprint(`${payment_id} ${order_id} ${user_id} ${amount} ${timestamp} ${payment_method}`)
}

/**
 * A right status once for each payment whose order was processed too; UNKNOWN_ORDER once when its time came before its order did, and never
 * after the other. Where the retention has passed since, an order may have been forgotten before its payment came (or the other way round):
 * then UNKNOWN_ORDER alone is right as well.
 */
class OrderStatuses implements Rule {
  readonly aliases = ['orders', 'payments'] as const
  readonly mayRefuseAnyway = /^\d+ payments wait for order /
  readonly #topic: TopicSpec<Status>
  readonly #setup: RuleSetup
  readonly #orders = new OrderTable()
  readonly #clocks = new TaskClocks()
  readonly #statuses: StatusLedger

  constructor(setup: RuleSetup) {
    this.#setup = setup
    this.#topic = setup.output as TopicSpec<Status>
    this.#statuses = new StatusLedger(this.#clocks, setup, setup.options as unknown as Waits)
  }

  input({ alias, event, place, task, required }: AuditedInput): boolean {
    if (alias === 'orders') {
      const order = event as Order
      const cents = order.price * order.quantity
      if (cents > MAX_CENTS) return true
      this.#clocks.advance(task, order.timestamp, required)
      this.#orders.add(orderKey(order), cents, order.timestamp, required)
      return false
    }
    const payment = event as Payment
    this.#clocks.advance(task, payment.timestamp, required)
    const key = orderKey(payment)
    const order = this.#orders.find(key)
    const { order_id, timestamp: timeMs } = payment
    const awaited: AwaitedStatus = {
      ...{ orderId: order_id, timeMs, task, place },
      firstMs: Math.min(timeMs, order?.timeMs ?? timeMs),
      text: `a status of payment ${payment.payment_id}${payment.status === 'FAILED' ? ', DECLINED' : ''}`,
    }
    if (order)
      this.#statuses.expectMatch(paymentKey(payment), payment.status === 'FAILED', awaited, required && order.required) // prettier-ignore
    else this.#statuses.expectUnknown(paymentKey(payment), awaited, required)
    return false
  }

  output(record: FoundOutput): void {
    const status = readOutput(this.#topic, record)
    const wrong = status ? this.#wrongWith(status, record) : 'it is not a status'
    if (!status || wrong !== undefined) this.#statuses.reject(record, wrong ?? '')
    else if (status.status === 'UNKNOWN_ORDER')
      this.#statuses.findUnknown(paymentKey(status), record, this.#setup.taskOf(String(status.user_id)), status.timestamp) // prettier-ignore
    else this.#statuses.findMatch(paymentKey(status), status.status === 'DECLINED', record)
  }

  lead(partition: number): number {
    return this.#statuses.lead(partition)
  }

  findings() {
    return this.#statuses.findings(this.#topic.name)
  }

  #wrongWith(status: Status, { key, partition }: FoundOutput): string | undefined {
    const { order_id, order_total, amount, status: word } = status
    if (key !== order_id) return `its key must be ${order_id}`
    const home = this.#setup.partitionOf(order_id)
    if (partition !== home) return `key ${order_id} belongs to partition ${home}`
    if (word === 'UNKNOWN_ORDER') return order_total === null ? undefined : 'an unknown order has no total'
    const totals: (number | null)[] = this.#orders.totals(orderKey(status))
    if (!totals.includes(order_total)) return totals.length > 0 ? `the order's total is ${totals.map((cents) => cents! / 100).join(' or ')}` : 'there is no such order of this user' // prettier-ignore
    if (word === 'PAID' && amount !== order_total) return 'the amount is not the total'
    if (word === 'AMOUNT_MISMATCH' && amount === order_total) return 'the amount is the total'
    return undefined
  }
}

export const orderStatusesRule: RuleOf = (setup) => new OrderStatuses(setup)
