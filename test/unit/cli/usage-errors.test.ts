import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { rm } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { command } from '../../support/command.ts'

/** A command line that is refused before anything is tried: what is wrong, and what to do instead. */
async function refused(line: string, env: NodeJS.ProcessEnv = {}): Promise<{ message: string; hint: string }> {
  const { exitCode, stdout, stderr } = await command(line.split(' '), { env })
  expect(stdout).toBe('')
  expect(exitCode).toBe(2)
  const [message = '', hint = '', ...more] = stderr.trimEnd().split('\n')
  expect(more).toEqual([])
  expect(message).toMatch(/^Error: /)
  expect(hint).toMatch(/^→ /)
  return { message: message.slice('Error: '.length), hint: hint.slice('→ '.length) }
}

describe('a command line that is wrong ends with 2, names what is wrong, and says what is right', () => {
  test.each([
    ['tpoics list', "Unknown command 'tpoics'", 'did you mean topics?'],
    ['topics lst', "Unknown command 'lst'", 'did you mean list?'],
    ['topics list --jsno', "Unknown option '--jsno'", 'did you mean --json?'],
    ['produce orders --cuont 5', "Unknown option '--cuont'", 'did you mean --count?'],
    ['--frobnicate topics list', "Unknown option '--frobnicate'", 'see the command with --help'],
    ['worker large-oders', 'There is no worker "large-oders"', 'did you mean large-orders?'],
    ['audit large-oders', 'There is no worker "large-oders"', 'did you mean large-orders?'],
    ['worker reset large-oders', 'There is no worker "large-oders"', 'did you mean large-orders?'],
    ['worker reset', 'No worker to rebuild is named', 'name one or more: `payflow worker list` shows them'], // prettier-ignore
    ['worker large-orders --treshold 5', "Unknown option '--treshold'", 'did you mean --threshold?'],
    ['worker failed-payments --threshold 5', 'Worker failed-payments has no option --threshold', 'it takes no options of its own'], // prettier-ignore
    [
      'worker large-orders --threshold',
      "Option '--threshold <amount>' argument missing",
      'see the command with --help',
    ],
    ['worker large-orders --threshold lots', '--threshold of large-orders cannot be "lots"', 'expected an amount such as 500 or 499.99, not "lots"'], // prettier-ignore
    ['topics describe', "Missing required argument 'topic'", 'see the command with --help'],
    ['topics list orders', "Too many arguments for 'list'. Expected 0 arguments but got 1.", 'see the command with --help'], // prettier-ignore
    ['groups describe', "Missing required argument 'group'", 'see the command with --help'],
    ['chaos --for 0s', "Option '--for <time>' argument '0s' is invalid. Allowed: a duration such as 30s, 10m or 1h.", 'see the command with --help'], // prettier-ignore
  ])('payflow %s', async (line, message, hint) => {
    expect(await refused(line)).toEqual({ message, hint })
  })

  test.each([
    ['produce', 'Missing required argument'],
    ['produce refunds', 'Allowed choices are orders, payments, users, all.'],
    ['produce orders --rate 0', 'Allowed: a number above 0, up to 1000000, or max.'],
    ['produce orders --rate abc', 'Allowed: a number above 0, up to 1000000, or max.'],
    ['produce orders --rate -1', 'Allowed: a number above 0, up to 1000000, or max.'],
    ['produce orders --count -1', 'Allowed: a whole number from 1.'],
    ['produce orders --count 0', 'Allowed: a whole number from 1.'],
    ['produce orders --count=1.5', 'Allowed: a whole number from 1.'],
    ['produce orders --duration 5', 'Allowed: a duration such as 30s, 10m or 1h.'],
    ['produce orders --seed 4294967296', 'Allowed: a whole number from 0 to 4294967295.'],
    ['produce orders --start yesterday', 'Allowed: an ISO-8601 time with a zone'],
    ['produce payments --failure-rate 1.1', 'Allowed: a number from 0 to 1.'],
    ['all --rate 0', 'Allowed: a number above 0, up to 1000000, or max.'],
    ['topics add-partitions orders many', 'Allowed: a whole number from 1.'],
    ['infra logs -n x', 'Allowed: a whole number from 0 to 1000000.'],
  ])('payflow %s: %s', async (line, allowed) => {
    expect((await refused(line)).message).toContain(allowed)
  })

  test.each([
    ['infra up --engine podman', {}, '--engine cannot be "podman"', 'allowed: auto, docker, local or external'],
    ['topics list', { PAYFLOW_BROKERS: 'here:x' }, 'PAYFLOW_BROKERS cannot be "here:x"', /^allowed: one host:port/],
    ['topics create --partitions 0', {}, '--partitions cannot be "0"', 'allowed: an integer from 1 to 1000'],
    ['infra up --nodes 10', {}, '--nodes cannot be "10"', 'allowed: an integer from 1 to 9'],
    ['topics list --engine external', {}, 'The engine "external" needs brokers', 'add --brokers host:port'],
    [
      'worker large-orders --session-timeout 1s',
      {},
      '--session-timeout cannot be "1s"',
      /^allowed: a duration from 6s/,
    ],
  ])('payflow %s with %j', async (line, env, message, hint) => {
    const error = await refused(line, env)
    expect(error.message).toBe(message)
    expect(error.hint).toMatch(hint)
  })

  test('a settings file with an unknown key', async () => {
    const file = join(tmpdir(), `payflow-${process.pid}.config.json`)
    onTestFinished(() => rm(file))
    writeFileSync(file, '{"engin":"local"}')
    expect(await refused(`topics list --config ${file}`)).toEqual({
      message: `Unknown key "engin" in ${file}`,
      hint: 'did you mean engine?',
    })
  })

  test('an option that two of the chosen workers own', async () => {
    const { message, hint } = await refused('worker large-orders frequent-failed-payments --threshold 7')
    expect(message).toBe('--threshold is an option of large-orders and frequent-failed-payments')
    expect(hint).toBe('say which: --large-orders.threshold 7 or --frequent-failed-payments.threshold 7')
  })
})

test.each([
  [['produce', 'orders', '--rate', '0', '--json'], {}],
  [['produce', 'orders', '--rate', '0'], { PAYFLOW_JSON: '1' }],
  [['--json', 'worker', 'nobody'], {}],
  [['topics', 'list', '--json', '--brokers', 'x:y'], {}],
])('with --json the error of %j is one line of JSON: code, message, hint', async (argv, env) => {
  const { exitCode, stdout, stderr } = await command(argv, { env })
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: expect.stringMatching(/^[A-Z][A-Z_]+$/) as string,
      message: expect.any(String) as string,
      hint: expect.any(String) as string,
    },
  })
})

test.each(['', 'topics', 'groups', 'infra', 'dead-letters', 'worker'])(
  '`payflow %s` alone shows its help on stderr and ends with 2',
  async (name) => {
    const { exitCode, stdout, stderr } = await command(name.split(' ').filter((part) => part !== ''))
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: payflow/)
    expect(stderr).not.toContain('Error:')
  },
)
