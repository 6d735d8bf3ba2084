import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createOutput, table, type OutputOptions } from '../../../../src/cli/shell/output.ts'
import type { World } from '../../../../src/cli/shell/world.ts'

async function output(options: OutputOptions, { env = {}, tty = false, columns = 80 } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const isTTY = { stdin: tty, stdout: tty, stderr: tty }
  const world = { stdout, stderr, env, isTTY, columns: () => columns } as unknown as World
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? ''
  return { output: await createOutput(world, options), stdout: () => text(stdout), stderr: () => text(stderr) }
}

describe('what is written where', () => {
  test('results go to stdout, notes to stderr, details nowhere', async () => {
    const { output: out, stdout, stderr } = await output({})
    out.line('a result')
    out.note('a note')
    out.detail('a detail')
    expect([stdout(), stderr()]).toEqual(['a result\n', 'a note\n'])
  })

  test('--verbose shows details, --quiet leaves notes out but no result', async () => {
    const { output: out, stdout, stderr } = await output({ verbose: true, quiet: true })
    out.line('a result')
    out.note('a note')
    out.detail('a detail')
    expect([stdout(), stderr()]).toEqual(['a result\n', 'a detail\n'])
  })

  test('with --json a result is one document on one line, and its lines are never made', async () => {
    const { output: out, stdout } = await output({ json: true })
    out.result({ a: 'x\ny' }, () => {
      throw new Error('nobody wants lines')
    })
    expect(stdout()).toBe('{"a":"x\\ny"}\n')
  })

  test.each(['json', 'quiet', 'verbose'] as const)('PAYFLOW_%s says the same as the option', async (flag) => {
    const variable = `PAYFLOW_${flag.toUpperCase()}`
    const said = async (value: string) => (await output({}, { env: { [variable]: value } })).output[flag]
    expect([await said('1'), await said('0'), await said('')]).toEqual([true, false, false])
  })

  test('notes wait until what is being drawn is done, and come even when it fails', async () => {
    const { output: out, stderr } = await output({})
    const drawing = out.drawing(async () => {
      out.note('meanwhile')
      await Promise.resolve()
      expect(stderr()).toBe('')
      throw new Error('the drawing failed')
    })
    await expect(drawing).rejects.toThrow('the drawing failed')
    expect(stderr()).toBe('meanwhile\n')
    out.note('afterwards')
    expect(stderr()).toBe('afterwards\n')
  })
})

test.each<[string, OutputOptions, object, boolean]>([
  ['a terminal', {}, { tty: true }, true],
  ['no terminal', {}, {}, false],
  ['a terminal with --quiet', { quiet: true }, { tty: true }, false],
  ['a terminal in CI', {}, { tty: true, env: { CI: 'true' } }, false],
  ['a terminal with CI=0', {}, { tty: true, env: { CI: '0' } }, true],
  ['a dumb terminal', {}, { tty: true, env: { TERM: 'dumb' } }, false],
  ['a terminal that is too narrow', {}, { tty: true, columns: 39 }, false],
])('whether progress may be redrawn on %s', async (_, options, world, expected) => {
  expect((await output(options, world)).output.interactive).toBe(expected)
})

describe('a table', () => {
  test('aligns words to the left and figures to the right, and ends no line with spaces', () => {
    expect(table(['topic', 'records', 'state'], [['orders', 1_234_567, 'ok'], ['enriched_orders', 8, '']])).toEqual([
      'topic              records  state',
      'orders           1,234,567  ok',
      'enriched_orders          8',
    ]) // prettier-ignore
  })

  test('counts no escape codes as width', () => {
    expect(table(['a', 'b'], [['\u001B[31mred\u001B[39m', 'x'], ['green', 'y']])).toEqual([
      'a      b',
      '\u001B[31mred\u001B[39m    x',
      'green  y',
    ]) // prettier-ignore
  })

  test('a column with one word among its figures stands to the left', () => {
    expect(table(['n'], [[10], ['none']])).toEqual(['n', '10', 'none'])
    // what is not known is not a word
    expect(table(['lag'], [[1_000], ['-'], ['?']])).toEqual(['  lag', '1,000', '    -', '    ?'])
  })

  test('without rows it is its head', () => {
    expect(table(['a', 'bc'], [])).toEqual(['a  bc'])
  })
})

test('of many notes that wait for a drawing, the last thousand come, and how many did not', async () => {
  const { output: out, stderr } = await output({})
  await out.drawing(() => {
    for (let i = 0; i < 1_200; i++) out.note(`note ${i}`)
    return Promise.resolve()
  })
  const lines = stderr().trim().split('\n')
  expect([lines.length, lines[0], lines[1], lines.at(-1)]).toEqual([1_001, '(200 earlier lines are left out)', 'note 200', 'note 1199']) // prettier-ignore
})
