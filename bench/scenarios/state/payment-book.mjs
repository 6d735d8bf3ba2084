// Orders, the payments that come later, and what must become of them.
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchWriter, idOf, numberOf, orderText, stampOf, totalOf, userOf } from '../../rig/order-book.mjs'
import { readPartition } from '../../../dist/kafka/read.js'

export const OUTPUT = 'order_status'
const USERS = 100_000
/** A payment comes that much later than its order. */
const LATER_MS = 5_000
const BATCH = 20_000
const FEED_MS = 20
const statuses = ['PAID', 'DECLINED', 'UNKNOWN_ORDER']
const nothing = () => new Map(statuses.map((status) => [status, { count: 0, sum: 0 }]))

/** What becomes of order i: of twenty, one is never paid, one payment fails, and one is for an order that does not exist, where there is time left to find that out. */
function fateOf(i, hasTime) {
  if (i % 20 === 0) return undefined
  if (i % 20 === 1) return 'DECLINED'
  return i % 20 === 2 && hasTime ? 'UNKNOWN_ORDER' : 'PAID'
}

/** Orders at `rate` a second of event time, which ends now. */
export class PaymentBook {
  #rate
  #startMs
  #orders = 0
  #want = nothing()

  constructor(orders, rate) {
    this.#rate = rate
    // records have their event's time, and the broker would delete what is older than its retention
    this.#startMs = Math.floor(Date.now() / 1_000 - orders / rate) * 1_000
  }

  #at = (i) => this.#startMs + Math.floor((i * 1_000) / this.#rate)

  /** `count` orders, each with its payment. */
  async write(cluster, count) {
    const writer = await BatchWriter.open(cluster)
    const fate = (i) => fateOf(i, i < count * 0.8)
    while (this.#orders < count) {
      const first = this.#orders
      for (const end = Math.min(count, first + BATCH); this.#orders < end; this.#orders++) {
        this.#order(writer, this.#orders, fate(this.#orders))
        this.#payment(writer, this.#orders, fate(this.#orders))
      }
      await writer.flush(this.#at(first))
    }
    await writer.ended()
  }

  /** Goes on at its rate in real time until the signal is aborted; the last payments come at once then. */
  async feed(cluster, signal) {
    const writer = await BatchWriter.open(cluster)
    const [from, began] = [this.#orders, performance.now()]
    let paid = from
    const payUntil = (end) => {
      for (; paid < end; paid++) this.#payment(writer, paid, fateOf(paid, false))
    }
    while (!signal.aborted) {
      const due = from + ((performance.now() - began) / 1_000) * this.#rate
      for (; this.#orders < due; this.#orders++) this.#order(writer, this.#orders, fateOf(this.#orders, false))
      payUntil(due - (LATER_MS / 1_000) * this.#rate)
      await writer.flush()
      await sleep(FEED_MS)
    }
    payUntil(this.#orders)
    await writer.flush()
    await writer.ended()
  }

  #order(writer, i, fate) {
    const user = userOf(i % USERS, USERS)
    if (fate !== 'UNKNOWN_ORDER') writer.add('orders', user, orderText(i, user, stampOf(this.#at(i))))
  }

  #payment(writer, i, fate) {
    if (fate === undefined) return
    const user = userOf(i % USERS, USERS)
    writer.add('payments', user, paymentText(i, user, fate, stampOf(this.#at(i) + LATER_MS)))
    this.#want.get(fate).count++
    this.#want.get(fate).sum += i
  }

  /** @throws unless each payment has the one status that it must have */
  async verify(cluster) {
    const got = nothing()
    const ends = await cluster.ends([OUTPUT], 'stable')
    const reader = cluster.client.connect()
    for (const { topic, partition } of cluster.partitions([OUTPUT])) {
      const to = ends.of(topic, partition) ?? 0
      for await (const { records } of readPartition(reader, { topic, partition, from: 0, to }))
        for (const cursor = records.cursor(); cursor.next();) {
          const { status, order_id } = JSON.parse(cursor.valueText())
          const of = got.get(status)
          if (!of) throw new Error(`an order has the status ${status}`)
          of.count++
          of.sum += numberOf(order_id)
        }
    }
    await reader.close()
    const [found, wanted] = [got, this.#want].map((each) => JSON.stringify([...each]))
    if (found !== wanted) throw new Error(`${found} instead of ${wanted}`)
  }
}

function paymentText(i, user, fate, stamp) {
  const cents = totalOf(i)
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  return `{"payment_id":"${idOf(i).replace('-a000-', '-b000-')}","order_id":"${idOf(i)}","user_id":${user},"status":"${fate === 'DECLINED' ? 'FAILED' : 'SUCCESS'}","amount":${amount},"payment_method":"PayPal","timestamp":"${stamp}"}`
}
