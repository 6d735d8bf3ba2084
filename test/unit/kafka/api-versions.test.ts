import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { PayflowError } from '../../../src/errors.ts'
import { checkVersions, spoken } from '../../../src/kafka/api-versions.ts'
import { optionalApis } from '../../../src/kafka/optional-requests.ts'
import { deleteGroupsApi } from '../../../src/kafka/wire/delete-groups.ts'
import { describeConfigsApi } from '../../../src/kafka/wire/describe-configs.ts'
import { fetchApi } from '../../../src/kafka/wire/fetch.ts'
import { listGroupsApi } from '../../../src/kafka/wire/groups.ts'
import { metadataApi } from '../../../src/kafka/wire/metadata.ts'
import { offsetFetchApi } from '../../../src/kafka/wire/offset-fetch.ts'
import { produceApi } from '../../../src/kafka/wire/produce.ts'
import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from '../../../src/kafka/wire/topics.ts'
import { txnOffsetCommitApi } from '../../../src/kafka/wire/txn-offset-commit.ts'

const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests') as {
  requests: Record<string, { versions: string[] }>
}
type Ranges = Record<number, { minVersion: number; maxVersion: number }>
const ranges = (text: string): Ranges =>
  Object.fromEntries(
    text.split(' ').map((part) => {
      const [key = '', from = '', to = ''] = part.split(/[:-]/)
      return [Number(key), { minVersion: Number(from), maxVersion: Number(to) }]
    }),
  )

// what these brokers answered to ApiVersions, of the requests that payflow sends
const kafka41 = ranges(
  '0:0-13 1:4-18 2:1-10 3:0-13 8:2-10 9:1-10 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 19:2-7 20:1-6 22:0-6 24:0-5 25:0-4 26:0-5 28:0-5 32:1-4 37:0-3 42:0-2',
)

const refusal = (served: Ranges): PayflowError => {
  try {
    checkVersions('kafka:9092', served)
  } catch (error) {
    if (error instanceof PayflowError) return error
    throw error
  }
  throw new Error('the broker was accepted')
}

test('the table has what kafkajs sends, and what payflow encodes itself', () => {
  const records = [produceApi, fetchApi, metadataApi, offsetFetchApi, txnOffsetCommitApi]
  const changes = [createTopicsApi, deleteTopicsApi, createPartitionsApi, describeConfigsApi, deleteGroupsApi]
  const own = new Map<number, number>([...records, ...changes].map(({ apiKey, apiVersion }) => [apiKey, apiVersion]))
  for (const [key, { name, first, last }] of Object.entries(spoken)) {
    const version = own.get(Number(key))
    const kafkajs = requests[name === 'FindCoordinator' ? 'GroupCoordinator' : name]!.versions.map(Number)
    const newest = Number(key) === listGroupsApi.apiKey ? listGroupsApi.withType : Math.max(...kafkajs)
    expect([name, first, last]).toEqual([name, version ?? first, version ?? newest])
    if (version === undefined) expect(kafkajs).toContain(first)
  }
})

test('Kafka 4.1 serves all of it', () => {
  expect(() => checkVersions('kafka:9092', kafka41)).not.toThrow()
})

test('a broker that ends before what payflow sends is too old, one that begins behind it too new', () => {
  const old = refusal({ ...kafka41, ...ranges('9:0-6') })
  expect([old.code, old.kind, old.message, old.hint]).toEqual([
    'BROKER_TOO_OLD',
    'infra',
    'The broker at kafka:9092 is too old: it serves OffsetFetch 0 to 6, payflow sends 7',
    'payflow needs Kafka 2.5 or later',
  ])
  expect(refusal({ ...kafka41, ...ranges('0:8-13') })).toMatchObject({
    code: 'BROKER_TOO_NEW',
    message: 'The broker at kafka:9092 is too new for this payflow: it serves Produce 8 to 13, payflow sends 7',
  })
  expect(refusal({ ...kafka41, ...ranges('19:4-9') }).message).toContain('serves CreateTopics 4 to 9, payflow sends 3') // prettier-ignore
})

test('a server without transactions cannot be used; one without topic creation can', () => {
  const { 22: _, ...withoutTransactions } = kafka41
  expect(refusal(withoutTransactions).message).toBe('The broker at kafka:9092 does not serve InitProducerId')
  const { 19: __, 37: ___, ...fixedTopics } = kafka41
  expect(() => checkVersions('kafka:9092', fixedTopics)).not.toThrow()
})

test('a KRaft controller is told from an old broker', () => {
  expect(refusal(ranges('18:0-4 52:0-2 53:0-1')).code).toBe('NOT_A_BROKER')
})

test('requests that a broker need not serve are documented in the version that is sent', () => {
  const page = readFileSync('docs/internals/kafka-versions.md', 'utf8')
  const rows = [...page.matchAll(/^\| (\d+) \| (\w+) \| (\d+)(?:, \d+)? \| [\d.]+(?:, KRaft)? \|/gm)]
  const documented = rows.map(([, key, name, version]) => `${key!} ${name!} ${version!}`)
  expect(documented).toEqual(expect.arrayContaining(optionalApis.map(({ apiKey, apiName, apiVersion }) => `${apiKey} ${apiName} ${apiVersion}`))) // prettier-ignore
})
