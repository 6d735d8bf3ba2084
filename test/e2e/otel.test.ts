import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ownBroker } from '../support/broker.ts'
import { launch, type Ended } from '../support/cli.ts'
import { otlpReceiver } from '../support/otlp-receiver.ts'
import { readAll } from '../support/records.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Lets Node write down which files a process loads, and those that it starts. `loaded`: whether code was among them that reads OpenTelemetry's variables. */
function watchingModules(): { env: NodeJS.ProcessEnv; tracingLoaded: () => boolean } {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-modules-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const [list, preloaded] = [join(directory, 'list'), join(directory, 'preloaded.cjs')]
  writeFileSync(preloaded, `const fs = require('node:fs')
const { readFileSync } = fs
fs.readFileSync = (path, ...more) => {
  if (/js$/.test(String(path))) fs.appendFileSync(${JSON.stringify(list)}, path + '\\n')
  return readFileSync(path, ...more)
}`) // prettier-ignore
  const tracingLoaded = (): boolean => {
    const files = existsSync(list) ? [...new Set(readFileSync(list, 'utf8').split('\n'))].filter((path) => path !== '') : [] // prettier-ignore
    expect(files.length).toBeGreaterThan(10)
    rmSync(list)
    return files.some((path) => readFileSync(path, 'utf8').includes('OTEL_TRACES_SAMPLER'))
  }
  return { env: { NODE_OPTIONS: `--require ${preloaded}` }, tracingLoaded }
}

test('off, nothing of it is loaded and no record has a header; on, children trace too, and a collector that is away is told of once', async () => {
  const { brokers, env } = await ownBroker()
  const modules = watchingModules()
  const payflow = (more: NodeJS.ProcessEnv, ...argv: readonly string[]): Promise<Ended> =>
    launch({ ...env, ...modules.env, ...more }, ...argv).ended
  const produce = (...more: readonly string[]) => ['produce', 'payments', '--count', '20', '--rate', 'max', '--failure-rate', '1', ...more] // prettier-ignore
  const headersOf = async (topic: string) =>
    (await readAll(brokers, topic)).map(({ headers }) => 'traceparent' in headers)

  expect(await payflow({}, 'topics', 'create')).toMatchObject({ code: 0 })
  expect(await payflow({}, ...produce())).toMatchObject({ code: 0 })
  expect(await payflow({}, 'worker', 'failed-payments', '--until-caught-up')).toMatchObject({ code: 0 })
  expect(modules.tracingLoaded()).toBe(false)
  const all = [...(await headersOf('payments')), ...(await headersOf('failed_payments'))]
  expect(all).toEqual(Array.from({ length: 40 }, () => false))

  const nobody = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  const away = await payflow(nobody, 'worker', 'all', '--until-caught-up', '--otel', 'on')
  expect(away.code).toBe(0)
  expect(modules.tracingLoaded()).toBe(true)
  expect(away.stderr.match(/no spans arrive/g)).toHaveLength(1)
  expect(away.stderr).toContain('warning: OpenTelemetry: no spans arrive at http://127.0.0.1:1/v1/traces (connect ECONNREFUSED 127.0.0.1:1)') // prettier-ignore

  const receiver = await otlpReceiver()
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
  expect(await payflow(traced, ...produce('--otel', 'on', '--seed', '2'))).toMatchObject({ code: 0 })
  expect(await payflow({ ...traced, PAYFLOW_OTEL: 'on' }, 'worker', 'failed-payments', '--until-caught-up')).toMatchObject({ code: 0 }) // prettier-ignore
  expect((await headersOf('payments')).filter(Boolean)).toHaveLength(20)
  expect((await headersOf('failed_payments')).filter(Boolean)).toHaveLength(20)
  const services = new Set(receiver.spans.map(({ resource }) => resource['service.name']))
  expect([...services].sort()).toEqual(['payflow-failed-payments', 'payflow-produce'])
  const roots = new Set(receiver.spans.filter(({ name }) => name === 'create payments').map(({ traceId }) => traceId))
  const failed = receiver.spans.filter(({ resource, name }) => resource['service.name'] === 'payflow-failed-payments' && name === 'process payments') // prettier-ignore
  expect(roots.size).toBe(20)
  expect(failed.map(({ traceId }) => traceId).sort()).toEqual([...roots].sort())
})
