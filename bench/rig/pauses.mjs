// How long each partition of a topic stood still, seen by a read-committed reader that is plain kafkajs.
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs

export class PauseWatch {
  #last = new Map()
  #longest = new Map()
  #consumer

  static async open(brokers, topics) {
    const watch = new PauseWatch()
    const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bench-watch', logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: `bench-watch-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 50 })
    watch.#consumer = consumer
    await consumer.connect()
    await consumer.subscribe({ topics })
    await consumer.run({
      partitionsConsumedConcurrently: 16,
      eachBatch: async ({ batch }) => watch.#saw(`${batch.topic}/${batch.partition}`),
    })
    return watch
  }

  #saw(partition) {
    const now = performance.now()
    const pause = now - (this.#last.get(partition) ?? now)
    this.#last.set(partition, now)
    if (pause > (this.#longest.get(partition) ?? 0)) this.#longest.set(partition, pause)
  }

  /** Counts from now on, as if every partition had just moved. */
  reset() {
    const now = performance.now()
    for (const partition of this.#last.keys()) this.#last.set(partition, now)
    this.#longest.clear()
  }

  /** Milliseconds by partition since `reset`, the pause that goes on included. */
  pauses() {
    const now = performance.now()
    return new Map([...this.#last].map(([key, last]) => [key, Math.max(now - last, this.#longest.get(key) ?? 0)]))
  }

  get partitions() {
    return this.#last.size
  }

  close = () => this.#consumer.disconnect()
}
