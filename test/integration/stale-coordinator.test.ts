import { expect, onTestFinished, test, vi } from 'vitest'
import { Connection } from '../../src/kafka/connection.ts'
import { StaleCoordinator } from '../../src/kafka/errors.ts'
import { offsetFetchApi, type CommittedOffset } from '../../src/kafka/wire/offset-fetch.ts'
import type { Exchange } from '../../src/kafka/exchange.ts'
import type { Broker } from '../../src/kafka/transport.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { settledOffsets } from '../../src/runtime/task/positions.ts'
import { CommittedHere } from '../../src/runtime/transaction/committed-here.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { largePayments } from '../support/large-payments.ts'
import { readAll, writeAll } from '../support/records.ts'

const worker = findWorker('large-orders')!
const HEARTBEAT = 12
/** Longer than a difference between offsets and progress record is doubted. */
const STALE_MS = 5_000

/** For some time, whoever asks for offsets gets those of earlier, from a broker that knows no member that has joined since. */
function staleFor(offset: number): { asked: () => number } {
  const until = performance.now() + STALE_MS
  const strangers = new WeakSet<Connection>()
  let asked = 0
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own this
  const coordinator = Connection.prototype.coordinator
  vi.spyOn(Connection.prototype, 'coordinator').mockImplementation(async function (this: Connection, type, id) {
    const broker = await coordinator.call(this, type, id)
    if (type !== 'group') return broker
    const send = async <Result>(exchange: Exchange<Result>): Promise<Result> => {
      const { apiKey } = exchange.request
      if (performance.now() > until) return broker.send(exchange)
      if (apiKey === HEARTBEAT && strangers.has(this)) throw Object.assign(new Error('unknown member'), { name: 'KafkaJSProtocolError', code: 25 }) // prettier-ignore
      const answer = await broker.send(exchange)
      if (apiKey !== offsetFetchApi.apiKey) return answer
      strangers.add(this)
      asked++
      return (answer as CommittedOffset[]).map((one) => ({ ...one, offset: Math.min(one.offset, offset) })) as Result
    }
    const stale: Broker = { nodeId: broker.nodeId, address: broker.address, versions: broker.versions, isConnected: () => broker.isConnected(), send } // prettier-ignore
    return stale
  })
  onTestFinished(() => void vi.restoreAllMocks())
  return { asked: () => asked }
}

test('a broker that was the coordinator and does not know yet that another one is, is not believed: nothing is written twice', async () => {
  const own = await isolated(worker, { partitions: 1 })
  await writeAll(brokers(), own.topicOf('payments'), largePayments([0], 60))
  await runUntilCaughtUp([own.worker])
  const stale = staleFor(20)
  await writeAll(brokers(), own.topicOf('payments'), largePayments([0], 10))
  await runUntilCaughtUp([own.worker])
  expect(stale.asked()).toBeGreaterThan(0)
  expect(await readAll(brokers(), own.output)).toHaveLength(70)
})

test('neither is one that knows the member, but not what this member has committed since', async () => {
  const own = await isolated(worker, { partitions: 1 })
  await writeAll(brokers(), own.topicOf('payments'), largePayments([0], 60))
  await runUntilCaughtUp([own.worker])
  const at = { topic: own.topicOf('payments'), partition: 0 }
  const ended = new AbortController()
  const ask = (upTo: number, onRetry?: (error: unknown) => void) => {
    const committed = new CommittedHere()
    committed.add([{ ...at, offset: upTo }])
    const committer = { member: () => Promise.resolve(undefined), committed }
    return settledOffsets(client().shared, { worker: own.worker, sources: [{ ...at, isInbox: false }], signal: ended.signal, committer, onRetry }) // prettier-ignore
  }
  expect((await ask(60)).of(at.topic, 0)).toBe(60)
  const told: unknown[] = []
  const onRetry = (error: unknown): void => {
    told.push(error)
    ended.abort()
  }
  await expect(ask(61, onRetry)).rejects.toThrow('abort')
  expect(told[0]).toBeInstanceOf(StaleCoordinator)
})
