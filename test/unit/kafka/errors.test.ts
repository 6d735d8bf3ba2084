import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { PayflowError } from '../../../src/errors.ts'
import {
  PartitionError,
  asPayflowError,
  classify,
  codeOf,
  isBrokerError,
  isConnectionError,
} from '../../../src/kafka/errors.ts'

interface KafkajsErrors {
  readonly errorCodes: readonly { type: string; code: number; retriable: boolean }[]
  readonly createErrorFromCode: (code: number) => Error
}
const require = createRequire(import.meta.url)
const { errorCodes, createErrorFromCode } = require('kafkajs/src/protocol/error') as KafkajsErrors
const errors = require('kafkajs/src/errors') as Record<string, new (message: string | Error, details?: object) => Error>

const fails = (code: number): Error => new PartitionError('Produce', 'orders', 1, code)

describe('what a broker’s answer means', () => {
  test.each([45, 46, 47, 48, 49, 52, 59, 90, -99])('%d: the producer must be dropped', (code) => {
    expect(classify(fails(code))).toBe('fenced')
    expect(classify(createErrorFromCode(code))).toBe('fenced')
  })

  test('27: the group has moved on; 22, 25: and it has forgotten the member', () => {
    expect([27, 22, 25].map((code) => classify(fails(code)))).toEqual(['rejoin', 'rejoin-as-new', 'rejoin-as-new'])
  })

  test('23: other members of the group speak another protocol', () => {
    expect(classify(fails(23))).toBe('foreign-group')
  })

  test.each([14, 15, 16, 51, 88])('%d: a coordinator that is not ready yet is asked again', (code) => {
    expect(classify(fails(code))).toBe('retriable')
  })

  test.each([1, 10, 29, 30, 87, 9999])('%d: no repetition helps', (code) => {
    expect(classify(fails(code))).toBe('fatal')
  })

  test('whatever kafkajs takes for retriable is not fatal here, but for fetch sessions, which payflow has none of, and elections', () => {
    const given = errorCodes.filter(({ retriable }) => retriable)
    expect(given.length).toBeGreaterThan(10)
    const fatal = given.filter(({ code }) => classify(fails(code)) === 'fatal')
    expect(fatal.map(({ type }) => type)).toEqual(['FETCH_SESSION_ID_NOT_FOUND', 'INVALID_FETCH_SESSION_EPOCH', 'PREFERRED_LEADER_NOT_AVAILABLE', 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'ELECTION_NOT_NEEDED']) // prettier-ignore
  })

  test('counts also where kafkajs wraps it after its retries', () => {
    const wrapped = new errors['KafkaJSNumberOfRetriesExceeded']!(createErrorFromCode(47), {
      retryCount: 5,
      retryTime: 1,
    })
    expect(codeOf(wrapped)).toBe(47)
    expect(classify(wrapped)).toBe('fenced')
  })
})

describe('what never came back', () => {
  test.each(['KafkaJSConnectionError', 'KafkaJSRequestTimeoutError', 'KafkaJSBrokerNotFound', 'KafkaJSConnectionClosedError'])(
    'is a lost connection and may be tried again: %s',
    (name) => {
      const error = new errors[name]!('gone', {})
      expect([isConnectionError(error), isBrokerError(error), classify(error)]).toEqual([true, true, 'retriable'])
      expect(asPayflowError(error)).toMatchObject({ kind: 'infra', code: 'UNREACHABLE', cause: error })
    },
  ) // prettier-ignore
})

test('a bug is not a broker’s error and is never tried again', () => {
  for (const error of [new TypeError('x is undefined'), 'text', undefined, Object.assign(new Error('no file'), { code: 'ENOENT' })]) {
    expect([isBrokerError(error), isConnectionError(error), classify(error)]).toEqual([false, false, 'fatal'])
    expect(codeOf(error)).toBeUndefined()
  }
}) // prettier-ignore

test('a user reads which request was refused, where and why; what is said already stays as it is', () => {
  const error = asPayflowError(fails(87))
  expect(error).toMatchObject({ kind: 'failed', code: 'BROKER_ERROR' })
  expect(error.message).toBe('The broker refused a request: Produce of orders/1: INVALID_RECORD')
  expect(fails(77).message).toBe('Produce of orders/1: error code 77')
  const own = new PayflowError('STALLED', 'what', { kind: 'usage' })
  expect(asPayflowError(own)).toBe(own)
})
