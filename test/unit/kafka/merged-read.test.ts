import { expect, test } from 'vitest'
import type { Connection } from '../../../src/kafka/connection.ts'
import type { Exchange } from '../../../src/kafka/exchange.ts'
import { FetchSize } from '../../../src/kafka/fetch-size.ts'
import { readMerged } from '../../../src/kafka/merged-read.ts'
import type { Broker } from '../../../src/kafka/transport.ts'
import { fetchResponse, logBatch } from './wire/broker-log.ts'

const LATE_MS = 300

test('an answer that comes late, after another broker failed, is not read a second time', async () => {
  const bytes = await Promise.all(
    [0, 1].map((partition) =>
      logBatch({
        baseOffset: 0,
        records: Array.from({ length: 4 }, (_, i) => ({
          ...{ offset: i, key: null, value: `${partition}:${i}`, timestampDelta: partition * 100 + i },
        })),
      }),
    ),
  )
  let failures = 1
  let asked = 0
  let answered: () => void = () => undefined
  const late = new Promise<void>((resolve) => (answered = resolve))
  const broker = (nodeId: number): Broker => ({ ...({} as Broker), nodeId })
  const brokers = [broker(0), broker(1)]
  // one broker refuses the first request; the other one takes its time for it
  const connection = {
    codec: 'payflow',
    fetchSize: new FetchSize(),
    knownLeader: () => undefined,
    leader: (_: string, partition: number) => Promise.resolve(brokers[partition]!),
    forget: () => Promise.resolve(),
    send: async <Result>({ nodeId }: Broker, { response }: Exchange<Result>): Promise<Result> => {
      if (nodeId === 1 && failures-- > 0) throw new Error('Broker not connected')
      const isFirst = nodeId === 0 && asked++ === 0
      if (isFirst) await new Promise((resolve) => setTimeout(resolve, LATE_MS))
      const answer = { topic: 'letters', partition: nodeId, bytes: bytes[nodeId]! }
      const result = await response.parse(await response.decode(fetchResponse([answer])))
      if (isFirst) setTimeout(answered, 0)
      return result
    },
  } as unknown as Connection

  const spans = [0, 1].map((partition) => ({ topic: 'letters', partition, from: 0, to: 4 }))
  const values: string[] = []
  for await (const { value } of readMerged(connection, spans)) {
    values.push(value!.toString())
    if (values.length === 2) await late
  }
  expect(values).toEqual(['0:0', '0:1', '0:2', '0:3', '1:0', '1:1', '1:2', '1:3'])
})
