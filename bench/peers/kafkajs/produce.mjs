// The same orders on bare kafkajs with its defaults, acks=all and idempotent: BROKERS=… node produce.mjs COUNT [records a send]
import { Kafka, Partitioners, logLevel } from 'kafkajs'
import { pairs } from '../../rig/events.mjs'

const [count, batch = 1000] = process.argv.slice(2).map(Number)
const kafka = new Kafka({ clientId: 'peer', brokers: [process.env.BROKERS ?? '127.0.0.1:9092'], logLevel: logLevel.ERROR })
const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()
const source = pairs(7)
const started = performance.now()
for (let sent = 0; sent < count; sent += batch) {
  const messages = Array.from({ length: Math.min(batch, count - sent) }, () => {
    const order = source.order()
    return { key: String(order.user_id), value: JSON.stringify(order) }
  })
  await producer.send({ topic: 'orders', acks: -1, messages })
}
console.log(JSON.stringify({ perSecond: Math.round((count * 1000) / (performance.now() - started)) }))
await producer.disconnect()
