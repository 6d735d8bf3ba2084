import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { PayflowError } from '../../../../src/errors.ts'
import { parseWorkers } from '../../../../src/cli/commands/worker-command-line.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const parse = (line: string) => {
  const outer = new Command('payflow').exitOverride().configureOutput({ outputError: () => undefined })
  return parseWorkers(outer.command('worker'), line.split(' ').filter((word) => word !== ''), workers) // prettier-ignore
}

const chosen = (line: string): [string, Readonly<Record<string, unknown>>][] =>
  parse(line).choices.map(({ definition, options }) => [definition.name, options])

function refusal(line: string): PayflowError {
  try {
    parse(line)
  } catch (error) {
    if (error instanceof PayflowError) return error
    throw error
  }
  throw new Error(`${line} was accepted`)
}

/** What every worker has beside its own options, unless it is said otherwise. */
const common = { maxAhead: 86_400_000 }

describe('which workers', () => {
  test('are those that were named, each once, in the order in which they were typed', () => {
    expect(chosen('large-orders failed-payments large-orders').map(([name]) => name)).toEqual(['large-orders', 'failed-payments']) // prettier-ignore
  })

  test('all means each of them, apart; none means none', () => {
    expect(parse('all')).toMatchObject({ apart: true })
    expect(chosen('all').map(([name]) => name)).toEqual(workers.map(({ name }) => name))
    expect(parse('')).toEqual({ choices: [], apart: false })
  })

  test('all with names puts just these apart', () => {
    expect(parse('all large-orders')).toMatchObject({ apart: true })
    expect(chosen('all large-orders')).toHaveLength(1)
  })
})

describe('their options', () => {
  test('have their defaults, read as what is typed is', () => {
    expect(chosen('large-orders')).toEqual([['large-orders', { threshold: 50_000, ...common }]])
  })

  test.each(['large-orders --threshold 250', '--threshold=250 large-orders', 'large-orders --large-orders.threshold 250', 'large-orders --threshold 1 --threshold 250', 'large-orders --threshold 1 --large-orders.threshold 250'])(
    '%s',
    (line) => expect(chosen(line)).toEqual([['large-orders', { threshold: 25_000, ...common }]]),
  ) // prettier-ignore

  test('go to the one worker that owns them', () => {
    const found = new Map(chosen('large-orders process-payments --threshold 250 --wait 5m'))
    expect(found.get('large-orders')).toEqual({ threshold: 25_000, ...common })
    expect(found.get('process-payments')).toMatchObject({ wait: 300_000 })
  })

  test('that every worker has are for all of those chosen, or for the one that is named', () => {
    const aheadOf = (line: string) => chosen(`failed-payments large-orders ${line}`).map(([, { maxAhead }]) => maxAhead)
    expect(aheadOf('')).toEqual([86_400_000, 86_400_000])
    expect(aheadOf('--max-ahead 10m')).toEqual([600_000, 600_000])
    expect(aheadOf('--max-ahead all --large-orders.max-ahead 1h')).toEqual([Infinity, 3_600_000])
    expect(refusal('large-orders --max-ahead soon')).toMatchObject({
      message: '--max-ahead of large-orders cannot be "soon"',
      hint: 'expected a duration such as 30s, 10m or 1d, or all, not "soon"',
    })
    expect(parse('failed-payments --max-ahead 10m').choices[0]!.words).toEqual(['failed-payments', '--max-ahead', '10m']) // prettier-ignore
  })

  test('that two of them own are refused without saying whose, and taken with it', () => {
    const both = 'large-orders frequent-failed-payments'
    expect(refusal(`${both} --threshold 5`)).toMatchObject({
      code: 'AMBIGUOUS_OPTION',
      kind: 'usage',
      hint: 'say which: --large-orders.threshold 5 or --frequent-failed-payments.threshold 5',
    })
    expect(refusal('all --threshold 5')).toMatchObject({ code: 'AMBIGUOUS_OPTION' })
    const found = new Map(chosen(`${both} --large-orders.threshold 5 --frequent-failed-payments.threshold 7`))
    expect(found.get('large-orders')).toEqual({ threshold: 500, ...common })
    expect(found.get('frequent-failed-payments')).toMatchObject({ threshold: 7 })
  })

  test('of a worker that was not chosen are refused', () => {
    expect(refusal('failed-payments --large-orders.threshold 5')).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: 'Worker large-orders has no option --large-orders.threshold',
    })
  })

  test.each(['--threshold 1.234', '--threshold=-5', '--threshold lots'])(
    'of the wrong kind are refused: %s',
    (option) => {
      expect(refusal(`large-orders ${option}`)).toMatchObject({ code: 'OPTION_INVALID', kind: 'usage', message: expect.stringContaining('--threshold of large-orders cannot be') as string }) // prettier-ignore
    },
  )

  test('come out as the arguments of a command line that runs the worker alone, and mean the same there', () => {
    const { choices } = parse('all --large-orders.threshold 250 --frequent-failed-payments.threshold 9 --window all')
    expect(choices.map(({ words }) => words.join(' ')).filter((words) => words.includes(' '))).toEqual(['large-orders --threshold 250', 'frequent-failed-payments --threshold 9 --window all']) // prettier-ignore
    for (const { definition, options, words } of choices)
      expect(chosen(words.join(' '))).toEqual([[definition.name, options]])
  })
})

test.each(['nobody', 'large-orders nobody', 'all nobody'])('a worker that there is not is refused: %s', (line) => {
  expect(refusal(line)).toMatchObject({ code: 'UNKNOWN_WORKER', message: 'There is no worker "nobody"' })
})

test('commander refuses an option that no worker has', () => {
  expect(() => parse('large-orders --frobnicate')).toThrow(/unknown option '--frobnicate'/)
})
