// Orders and payments at a steady rate.
import { setTimeout as sleep } from 'node:timers/promises'
import { pairs } from './events.mjs'
import { Writer } from './records.mjs'

/** Writes `rate` events a second until the signal is aborted. An event's time is when it was due, however late it could be written. */
export async function feed(cluster, rate, signal) {
  const writer = await Writer.open(cluster)
  const source = pairs(1)
  const began = Date.now()
  const clock = performance.now()
  for (let i = 0; !signal.aborted;) {
    for (const due = ((performance.now() - clock) / 1000) * rate; i < due; i += 2) {
      const order = source.order(new Date(began + (i / rate) * 1000).toISOString())
      writer.add('orders', order)
      writer.add(
        'payments',
        source.payment({ ...order, timestamp: new Date(began + ((i + 1) / rate) * 1000).toISOString() }),
      )
    }
    await writer.flush()
    await sleep(1)
  }
}
