import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createOutput } from '../../../../src/cli/shell/output.ts'
import { runSteps } from '../../../../src/cli/tasks/steps.ts'
import type { World } from '../../../../src/cli/shell/world.ts'

async function steps({ tty = false, quiet = false } = {}) {
  const stderr = new PassThrough()
  const world = {
    stdout: new PassThrough(),
    stderr,
    env: {},
    isTTY: { stdin: tty, stdout: false, stderr: tty },
    columns: () => 80,
    rows: () => 24,
    signal: new AbortController().signal,
    announceWith: () => () => undefined,
  } as unknown as World
  const output = await createOutput(world, { quiet, color: false })
  const written = (): string => ((stderr.read() as Buffer | null)?.toString() ?? '').replaceAll(/\d+\.\d s/g, 'N s')
  return { run: (list: Parameters<typeof runSteps>[2]) => runSteps(world, output, list), written, output }
}

const two = [
  {
    title: 'Brokers',
    run: (report: (line: string) => void) => {
      report('starting Kafka')
      return Promise.resolve('started')
    },
  },
  { title: 'Topics', run: () => Promise.resolve('9 created') },
]

test('without a terminal steps are plain lines: what they do, the result, how long it took', async () => {
  const { run, written } = await steps()
  await run(two)
  expect(written()).toBe('Brokers: starting Kafka\nBrokers: started (N s)\nTopics: 9 created (N s)\n')
})

test('with --quiet they say nothing', async () => {
  const { run, written } = await steps({ quiet: true, tty: true })
  await run(two)
  expect(written()).toBe('')
})

test.each([false, true])(
  'a step that fails ends the run with its own error, and the next ones never begin (drawn: %s)',
  async (tty) => {
    const { run, written } = await steps({ tty })
    const error = new Error('no disk')
    let begun = false
    const next = { title: 'Next', run: () => Promise.resolve(String((begun = true))) }
    await expect(run([{ title: 'Brokers', run: () => Promise.reject(error) }, next])).rejects.toBe(error)
    expect(begun).toBe(false)
    expect(written()).toMatch(tty ? /Brokers/ : /^Brokers: failed \(N s\)\n$/)
  },
)

test('on a terminal they are drawn, and what is noted meanwhile comes after it', async () => {
  const { run, written, output } = await steps({ tty: true })
  await run([{ title: 'Topics', run: () => { output.note('by the way'); return Promise.resolve('9 created') } }]) // prettier-ignore
  const text = written()
  expect(text).toContain('Topics: 9 created')
  expect(text.trimEnd().endsWith('by the way')).toBe(true)
})
