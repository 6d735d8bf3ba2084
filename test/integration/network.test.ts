import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { classify, isConnectionError } from '../../src/kafka/errors.ts'
import { describeBrokers } from '../../src/kafka/readiness.ts'
import { readPartition } from '../../src/kafka/read.ts'
import { topicNames } from '../../src/kafka/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers, ownBroker } from '../support/broker.ts'
import { expectEach, producing } from '../support/producing.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { client, eventsOf, isolated, runUntilCaughtUp, start, type Isolated } from '../support/isolated.ts'
import { moveGroup } from '../support/move-group.ts'
import { proxied } from '../support/proxied.ts'
import { API, Proxy } from '../support/proxy.mjs'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const REQUEST_TIMEOUT_MS = 1_000
/** Requests that a transaction needs. */
const transactional = new Set([
  'produce',
  'fetch',
  'addPartitionsToTxn',
  'addOffsetsToTxn',
  'txnOffsetCommit',
  'endTxn',
])

/** Orders come in, in six parts, while a worker runs behind the proxy; `disturb` is called before each of them. */
async function throughFaults(
  own: Isolated,
  proxy: Proxy,
  disturb: (round: number, events: readonly WorkerEvent[]) => void | Promise<void>,
): Promise<readonly WorkerEvent[]> {
  const run = start([own.worker], {
    client: { brokers: [proxy.address], requestTimeoutMs: REQUEST_TIMEOUT_MS },
    sessionTimeoutMs: 1_000,
    transactionTimeoutMs: 5_000,
  })
  await eventually(() => expect(eventsOf(run.events, 'phase').filter(({ to }) => to === 'running')).toHaveLength(3))
  for (let round = 0; round < 6; round++) {
    await disturb(round, run.events)
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(round * 150, (round + 1) * 150))
  }
  await eventually(() => expectExactRevenue(brokers(), own.output, 900), { timeoutMs: 60_000 }).catch(
    (error: unknown) => {
      throw new Error(`the last events: ${run.events.slice(-20).map((event) => JSON.stringify(event)).join('\n')}`, { cause: error }) // prettier-ignore
    },
  )
  run.stop()
  await run.done
  return run.events
}

const aborted = (events: readonly WorkerEvent[]): WorkerEvent[] =>
  eventsOf(events, 'phase').filter(({ to }) => to === 'aborting')

describe('a worker, while its network', () => {
  test.each(Object.entries(API).filter(([name]) => transactional.has(name)))(
    'loses the answers of %s: what the broker did all the same is found out, and done once',
    async (_, apiKey) => {
      const own = await isolated(revenue)
      const proxy = await proxied(brokers()[0]!)
      await throughFaults(own, proxy, (round) => proxy.loseAnswers(apiKey, round % 2))
      expect(proxy.lost.get(apiKey)).toBeGreaterThan(0)
      await expectExactRevenue(brokers(), own.output, 900)
    },
  )

  test.each([
    ['with its first output', API.produce],
    ['before its offsets', API.txnOffsetCommit],
    ['before its commit', API.endTxn],
  ])(
    'is cut in the middle of a transaction, %s: the transaction is given up, and its records come once',
    async (_, apiKey) => {
      const own = await isolated(revenue)
      const proxy = await proxied(brokers()[0]!)
      const events = await throughFaults(own, proxy, (round) => proxy.cutAt(apiKey, round % 3))
      expect(proxy.cutOff.get(apiKey)).toBeGreaterThan(0)
      expect(aborted(events).length).toBeGreaterThan(0)
    },
  )

  test('cuts every connection, again and again', async () => {
    const own = await isolated(revenue)
    const proxy = await proxied(brokers()[0]!)
    await throughFaults(own, proxy, () => proxy.cut())
  })

  test('is slow: nothing is given up that is only late', async () => {
    const own = await isolated(revenue)
    const proxy = await proxied(brokers()[0]!)
    proxy.delayMs = 20
    expect(aborted(await throughFaults(own, proxy, () => undefined))).toEqual([])
  })

  test('swallows everything for longer than a request may take, and the session too', async () => {
    const own = await isolated(revenue)
    const proxy = await proxied(brokers()[0]!)
    await throughFaults(own, proxy, async (round, events) => {
      if (round === 3) {
        proxy.blackHole = true
        setTimeout(() => (proxy.blackHole = false), 2.5 * REQUEST_TIMEOUT_MS)
      }
      // its session was over, whether a transaction was under way or not: it is given its partitions again, as nobody else was there to have them
      if (round === 5) await eventually(() => expect(eventsOf(events, 'assigned').length).toBeGreaterThan(1)) // prettier-ignore
    })
  })
})

test('a commit that shows late is waited for even when its coordinator is silent for longer than that takes', async () => {
  const own = await isolated(revenue, { partitions: 1 })
  const topic = own.topicOf('orders')
  const move = (offset: number) => moveGroup(brokers(), `payflow-${own.worker.name}`, { topic, partition: 0, offset })
  await writeAll(brokers(), topic, orderMessages(0, 100))
  await runUntilCaughtUp([own.worker])
  await move(60)
  const proxy = await proxied(brokers()[0]!)
  let late: Promise<void> | undefined
  const run = start([own.worker], {
    client: { brokers: [proxy.address], requestTimeoutMs: 500 },
    untilCaughtUp: true,
    onEvent: (event) => {
      if (event.kind !== 'phase' || event.to !== 'seeking') return
      proxy.blackHole = true
      late ??= sleep(2_500).then(async () => {
        proxy.blackHole = false
        await sleep(1_000) // it is asked again for two seconds from its first answer on
        await move(100)
      })
    },
  })
  expect(await run.done).toMatchObject([{ processed: 0 }])
  await late
  await writeAll(brokers(), topic, orderMessages(100, 120))
  await runUntilCaughtUp([own.worker])
  await expectExactRevenue(brokers(), own.output, 120)
})

test('requests that come while a connection is being made share it, and nothing stays open at the end', async () => {
  const { topicOf } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
  const proxy = await proxied(brokers()[0]!)
  const through = client([proxy.address])
  const connection = through.connect()
  const read = async (partition: number): Promise<number> => {
    let bytes = 0
    for await (const { records } of readPartition(connection, { topic: topicOf('orders'), partition, from: 0, to: 10 })) bytes += records.nextOffset // prettier-ignore
    return bytes
  }
  expect(await Promise.all([0, 1, 2, 0, 1, 2].map(read))).not.toContain(0)
  expect(proxy.connections).toBe(2)
  await through.close()
  await eventually(() => expect(proxy.connections).toBe(0))
})

describe('a producer writes each event once, in order,', () => {
  test('when the answers to what it wrote are lost', async () => {
    const { topicOf } = await isolated(revenue)
    const proxy = await proxied(brokers()[0]!)
    const run = producing(topicOf('orders'), { client: { brokers: [proxy.address], requestTimeoutMs: REQUEST_TIMEOUT_MS }, rate: 4_000, count: 12_000 }) // prettier-ignore
    for (let sent = 0; sent < 10_000; sent = run.acknowledged()) {
      proxy.loseAnswers(API.produce, 1)
      await eventually(() => expect(run.acknowledged()).toBeGreaterThan(sent))
    }
    expect((await run.done).records).toBe(12_000)
    expect(proxy.lost.get(API.produce)).toBeGreaterThan(5)
    await expectEach(brokers(), topicOf('orders'), 12_000)
  })

  test('through cuts and a network that swallows everything for a while', async () => {
    const { topicOf } = await isolated(revenue)
    const proxy = await proxied(brokers()[0]!)
    const run = producing(topicOf('orders'), { client: { brokers: [proxy.address], requestTimeoutMs: REQUEST_TIMEOUT_MS }, rate: 2_000, count: 8_000 }) // prettier-ignore
    for (let sent = 500; sent < 6_000; sent += 500) {
      await eventually(() => expect(run.acknowledged()).toBeGreaterThan(sent))
      proxy.cut()
      if (sent !== 3_000) continue
      proxy.blackHole = true
      setTimeout(() => (proxy.blackHole = false), 2 * REQUEST_TIMEOUT_MS)
    }
    expect((await run.done).records).toBe(8_000)
    await expectEach(brokers(), topicOf('orders'), 8_000)
  })

  test('while its broker is killed with -9 and comes back', async () => {
    const { infra, brokers: addresses } = await ownBroker()
    const { topicOf } = await isolated(revenue, { addresses })
    const run = producing(topicOf('orders'), { client: { brokers: addresses, requestTimeoutMs: REQUEST_TIMEOUT_MS }, rate: 3_000, count: 20_000 }) // prettier-ignore
    await eventually(() => expect(run.acknowledged()).toBeGreaterThan(5_000))
    await infra.faults.kill('kafka-0')
    await infra.up(() => undefined)
    expect((await run.done).records).toBe(20_000)
    await expectEach(addresses, topicOf('orders'), 20_000)
  })
})

test('an answer that breaks off in the middle is forgotten: the next connection brings whole ones', async () => {
  const { topicOf } = await isolated(revenue, { partitions: 1 })
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 400))
  const proxy = await proxied(brokers()[0]!)
  const connection = new Client({ brokers: [proxy.address], requestTimeoutMs: REQUEST_TIMEOUT_MS }).connect()
  onTestFinished(() => connection.close())
  const at = { topic: topicOf('orders'), partition: 0, from: 0, to: 400 }
  for (let times = 1; times <= 3; times++) {
    proxy.breakAnswers(API.fetch, 1)
    let records = 0
    for await (const fetched of readPartition(connection, { ...at, patienceMs: 3_000 }))
      records += fetched.records.count
    expect([records, proxy.broken.get(API.fetch)]).toEqual([400, times])
  }
})

test('a line that brings a fetch too slowly brings smaller ones', async () => {
  const own = await isolated(revenue, { partitions: 1 })
  // batches of about 100 KB: a broker sends none in pieces
  for (let part = 0; part < 12; part++)
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(part * 400, (part + 1) * 400))
  const proxy = await proxied(brokers()[0]!)
  proxy.bytesPerSecond = 400_000
  const address = { brokers: [proxy.address], requestTimeoutMs: REQUEST_TIMEOUT_MS }
  const [summary] = await runUntilCaughtUp([own.worker], { client: address, sessionTimeoutMs: 6_000 })
  expect(summary).toMatchObject({ processed: 4_800 })
  await expectExactRevenue(brokers(), own.output, 4_800)
})

test('topics that no broker tells of are a lost connection, not a bug', async () => {
  const proxy = await proxied(brokers()[0]!)
  const through = client([proxy.address])
  // The first one is kafkajs's own; the second, the admin client's, is tried once and not told of when it fails.
  proxy.cutAt(API.metadata, 1, 1)
  const error: unknown = await topicNames(through).catch((reason: unknown) => reason)
  expect([isConnectionError(error), classify(error)]).toEqual([true, 'retriable'])
})

test('of several addresses, one that accepts and never answers is asked once, and costs no more', async () => {
  const mute = await Proxy.inFrontOf(brokers()[0]!)
  onTestFinished(() => mute.close())
  mute.blackHole = true
  const closing = await Proxy.inFrontOf('127.0.0.1:1')
  onTestFinished(() => closing.close())
  const addresses = [mute.address, closing.address, brokers()[0]!]
  const startedAt = performance.now()
  for (let times = 0; times < 10; times++)
    expect((await describeBrokers({ brokers: addresses }, 8_000)).brokers).toHaveLength(1)
  expect(performance.now() - startedAt).toBeLessThan(8_000)
})
