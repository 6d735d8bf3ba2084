import { describe, expect, test } from 'vitest'
import type { AllOptions } from '../../../../src/app/run/options.ts'
import { explainAll } from '../../../../src/app/run/steps.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'
import { resolveSettings } from '../../../../src/settings/resolve.ts'

const usual: AllOptions = { keepData: false, keepInfra: false, reset: false, ksql: true, chaos: false, audit: false }

function explained(options: Partial<AllOptions> = {}, brokers?: string): Record<string, string> {
  const env = { PAYFLOW_HOME: '/nowhere', ...(brokers !== undefined && { PAYFLOW_BROKERS: brokers }) }
  const settings = resolveSettings({ options: {}, env, cwd: '/' })
  return Object.fromEntries(explainAll(settings, { ...usual, ...options }).map(({ step, does }) => [step, does]))
}

test('the plan has the steps of a run in their order, each with what it replaces', () => {
  const settings = resolveSettings({ options: {}, env: { PAYFLOW_HOME: '/nowhere' }, cwd: '/' })
  const plan = explainAll(settings, usual)
  expect(plan.map(({ step }) => step)).toEqual(['Brokers', 'Topics', 'Workers', 'ksqlDB', 'Producers', 'End'])
  for (const { replaces } of plan) expect(replaces).not.toBe('')
  for (const { name } of workers) expect(plan[2]!.does).toContain(name)
})

test('chaos comes during the run, and the audit at the end', () => {
  const plan = explained({ chaos: true, audit: true })
  expect(Object.keys(plan)).toEqual(['Brokers', 'Topics', 'Workers', 'ksqlDB', 'Producers', 'Chaos', 'End'])
  expect(plan['End']).toContain('audit the outputs')
})

describe('what is said is what would be done', () => {
  test('brokers of its own are started and stopped, those of others never', () => {
    expect(explained()).toMatchObject({
      Brokers: expect.stringContaining('start ZooKeeper and Kafka') as string,
      End: expect.stringContaining('the brokers if this run started them') as string,
    })
    const foreign = explained({}, 'kafka:9092')
    expect(foreign['Brokers']).toBe('use the brokers at kafka:9092; they are never stopped')
    expect(foreign['End']).not.toContain('brokers')
    expect(explained({ keepInfra: true })['End']).not.toContain('brokers')
  })

  test.each<[Partial<AllOptions>, string | undefined, RegExp]>([
    [{}, undefined, /^delete the payflow topics/],
    [{ keepData: true }, undefined, /^keep the topics/],
    [{}, 'kafka:9092', /^keep the topics/],
    [{ reset: true }, 'kafka:9092', /^delete the payflow topics/],
    [{ reset: true, keepData: true }, 'kafka:9092', /^keep the topics/],
  ])('topics with %j on %s', (options, brokers, does) => {
    expect(explained(options, brokers)['Topics']).toMatch(does)
  })

  test('producers write at the rates that were asked for, until they are told to end', () => {
    expect(explained()['Producers']).toBe('write orders 50/s, payments 50/s, users 20/s until Ctrl-C')
    expect(explained({ rate: 'max', durationMs: 1_500, count: 10 })['Producers']).toBe(
      'write orders max, payments max, users max for 1.5 s or until 10 of each are written',
    )
    expect(explained({ rate: 7, count: 10 })['End']).toMatch(/^let the workers catch up, stop the workers/)
  })
})
