import { describe, expect, test } from 'vitest'
import { tracesTarget } from '../../../../src/app/tracing/target.ts'

describe('where traces go', () => {
  test.each([
    [{}, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp/' }, 'https://collector/otlp/v1/traces'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b:2/in' },
      'http://b:2/in',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:secret@collector' }, 'http://collector/v1/traces'],
  ])('%o', (env, endpoint) => {
    expect(tracesTarget(env)).toEqual({ endpoint, protocol: 'http/protobuf' })
  })

  test('is nowhere when they are turned off', () => {
    expect(tracesTarget({ OTEL_SDK_DISABLED: 'TRUE' })).toBeUndefined()
    expect(tracesTarget({ OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined()
  })
})

test.each([
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER', 'allowed: otlp or none'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL', 'allowed: http/protobuf or http/json'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'allowed: an http:// or https:// address'],
  [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER', expect.stringContaining('parentbased_traceidratio') as string],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, 'OTEL_TRACES_SAMPLER_ARG', 'allowed: a number from 0 to 1'],
])('what payflow cannot do is refused by name: %o', (env, variable, hint) => {
  expect(() => tracesTarget(env)).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining(`${variable} is `) as string, hint }) as Error,
  )
}) // prettier-ignore
