import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { checkWorkers } from '../../../../src/app/workers/check.ts'
import { integer, text, time } from '../../../../src/pipeline/codec/fields.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { ownWorker } from '../../../../src/pipeline/worker/custom.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { findWorker } from '../../../../src/pipeline/workers/index.ts'
import { checkLines } from '../../../../src/cli/views/worker-check.ts'

const topic = (name: string) => defineTopic(name, { user_id: integer(1), timestamp: time() })
const copier = (name: string, from: string, to: string) =>
  ownWorker({ name, summary: 'Copies', inputs: { from: topic(from) }, output: topic(to), on: { from: (event: object) => ({ emit: [event] }) } }, `/x/${name}.js`, []) // prettier-ignore

test('what follows from a definition', () => {
  const { ok, workers } = checkWorkers([copier('copy', 'in', 'out')])
  expect(ok).toBe(true)
  expect(workers).toEqual([
    {
      worker: 'copy',
      summary: 'Copies',
      file: '/x/copy.js',
      group: 'payflow-copy',
      transactionalIds: 'payflow-copy-',
      inputs: [{ input: 'from', topic: 'in', hasTime: true, placedBy: null, whenNull: 'dead letter' }],
      outputs: [{ output: null, topic: 'out', key: '(event) => String(event.user_id)' }],
      states: [],
      changelog: 'payflow-copy-state',
      inbox: 'payflow-copy-inbox',
      deadLetters: 'dead_letters',
      options: [expect.objectContaining({ flag: '--max-ahead <duration>' })],
      isAuditable: false,
      faults: [],
      notes: [],
      tried: 16,
      needKeys: [],
    },
  ])
})

test('where state lies, and what is handed on by', () => {
  const [payments] = checkWorkers([findWorker('process-payments')!]).workers
  expect(payments?.inputs.map(({ placedBy }) => placedBy?.part)).toEqual(['partitionBy.orders', 'partitionBy.payments'])
  expect(payments).toMatchObject({ tried: null, isAuditable: true, states: [{ state: null, initial: null, hasTimers: true }] }) // prettier-ignore
})

test('two workers that write one topic, and workers that read in a circle, are refused together', () => {
  const [a, b] = [copier('a', 'one', 'out'), copier('b', 'two', 'out')]
  expect(checkWorkers([a, b])).toMatchObject({ ok: false, collisions: ['/x/a.js and /x/b.js both write out: give each a topic of its own'] }) // prettier-ignore
  const circle = [copier('a', 'one', 'two'), copier('b', 'two', 'three'), copier('c', 'three', 'one')]
  expect(checkWorkers(circle)).toMatchObject({ ok: false, collisions: ['a, b, c read in a circle what they write: it would never end'] }) // prettier-ignore
  expect(checkWorkers(circle.slice(0, 2))).toMatchObject({ ok: true, collisions: [] })
})

test('another version of payflow beside the file is mentioned: the test of the worker runs with that', () => {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-version-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'node_modules', 'payflow'), { recursive: true })
  writeFileSync(join(directory, 'node_modules', 'payflow', 'package.json'), '{"version":"9.9.9"}')
  const { ok, workers } = checkWorkers([{ ...copier('copy', 'in', 'out'), file: join(directory, 'copy.js') }])
  expect(ok).toBe(true)
  expect(workers[0]!.notes).toEqual([expect.stringMatching(/^payflow 9\.9\.9 is installed beside it, which its test uses; this command is \d/)]) // prettier-ignore
})

test('what the keys of records decide, and what a null value means', () => {
  const counting = (more: object): AnyWorker => {
    const from = defineTopic('in', { visitor: text() })
    const out = defineTopic('out', { visitor: text() }, { key: ({ visitor }) => visitor })
    const state = { schema: z.int(), initial: 0, key: { from: (_: unknown, { key }: { key: string }) => key } }
    return ownWorker({ name: 'count', summary: 'Counts', inputs: { from }, output: out, state, on: { from: () => undefined }, ...more }, '/x/count.js', []) // prettier-ignore
  }
  const same = (line: string): string => line
  const paint = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
  const lines = (more: object): string => checkLines(checkWorkers([counting(more)]), paint).join('\n')
  expect(lines({})).toContain('records of in without a key: its state lies by that')
  expect(lines({})).not.toContain('null values')
  expect(lines({ onNull: { from: 'delete' } })).toContain("null values in: one deletes the state of its record's key")
  expect(lines({ onNull: { from: 'ignore' } })).toContain('null values in: one changes nothing')
  expect(checkWorkers([counting({ onNull: { from: 'delete' } })]).workers[0]?.inputs[0]?.whenNull).toBe('delete')
})
