import { frequentFailedPayments, largeOrders, orderStatus, type EventOf } from '../../pipeline/events/topics.ts'
import { moneyText } from '../../pipeline/money.ts'
import type { DeadLetter } from '../dead-letters/dead-letter.ts'
import type { AttentionItem } from './model.ts'

const MOST = 60
/** Of one kind: many large orders must not hide the one payment of an unknown order. */
const MOST_OF_A_KIND = 20

/** What somebody should look at, newest first. */
export class Attention {
  #items: AttentionItem[] = []

  takeFrequent({ user_id, failed_payment_count }: EventOf<typeof frequentFailedPayments>, atMs: number): void {
    const text = `user ${user_id}: ${failed_payment_count} failed payments within the window`
    this.#add({ kind: 'frequent-failures', atMs, text, orderId: null })
  }

  takeLarge({ user_id, amount, payment_method, order_id }: EventOf<typeof largeOrders>, atMs: number): void {
    const text = `${moneyText(amount)} by user ${user_id}, ${payment_method}`
    this.#add({ kind: 'large-order', atMs, text, orderId: order_id })
  }

  takeStatus({ status, user_id, amount, order_total, order_id }: EventOf<typeof orderStatus>, atMs: number): void {
    if (status === 'AMOUNT_MISMATCH')
      this.#add({
        kind: 'amount-mismatch',
        atMs,
        text: `user ${user_id} was charged ${moneyText(amount)} for an order of ${order_total === null ? 'unknown total' : moneyText(order_total)}`,
        orderId: order_id,
      })
    else if (status === 'UNKNOWN_ORDER')
      this.#add({ kind: 'unknown-order', atMs, text: `user ${user_id} paid ${moneyText(amount)} for an order that has not come`, orderId: order_id }) // prettier-ignore
  }

  takeLetter({ worker, reason, id, refusedAtMs }: DeadLetter): void {
    this.#add({ kind: 'dead-letter', atMs: refusedAtMs, text: `${worker} refused ${id}: ${reason}`, orderId: null })
  }

  get items(): readonly AttentionItem[] {
    return this.#items
  }

  #add(item: AttentionItem): void {
    const same = this.#items.filter(({ kind }) => kind === item.kind)
    const oldest = same.length >= MOST_OF_A_KIND ? same.at(-1) : undefined
    this.#items = [item, ...this.#items.filter((other) => other !== oldest)].slice(0, MOST)
  }
}
