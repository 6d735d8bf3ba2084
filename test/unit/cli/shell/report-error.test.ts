import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { describeFailure, failureStyle } from '../../../../src/cli/shell/report-error.ts'
import type { World } from '../../../../src/cli/shell/world.ts'
import { PayflowError, type ErrorKind } from '../../../../src/errors.ts'
import { PartitionError } from '../../../../src/kafka/errors.ts'

const world = { env: {}, isTTY: { stderr: false } } as unknown as World
const described = (error: unknown, argv: readonly string[] = []) => describeFailure(error, failureStyle(argv, world))

describe('an error', () => {
  test.each<[ErrorKind, number]>([['usage', 2], ['infra', 3], ['failed', 1], ['difference', 4]])('of kind %s ends with %d', (kind, exitCode) => {
    expect(described(new PayflowError('STALLED', 'what', { kind })).exitCode).toBe(exitCode)
  }) // prettier-ignore

  test('is two lines: what went wrong, what to do', () => {
    expect(described(new PayflowError('STALLED', 'It broke', { kind: 'failed', hint: 'mend it' })).lines).toEqual(['Error: It broke', '→ mend it']) // prettier-ignore
    expect(described(new PayflowError('STALLED', 'It broke', { kind: 'failed' })).lines[1]).toBe(
      '→ see more with --verbose',
    )
  })

  test('is one line of JSON with --json, also with --verbose', () => {
    const error = new PayflowError('STALLED', 'two\nlines', { kind: 'infra', hint: 'mend it' })
    expect(described(error, ['--json', '--verbose'])).toEqual({
      lines: ['{"error":{"code":"STALLED","message":"two\\nlines","hint":"mend it"}}'],
      exitCode: 3,
    })
  })

  test.each(['--verbose', '-v'])('shows its stack and those of its causes with %s, not otherwise', (option) => {
    const error = new PayflowError('STALLED', 'It broke', { kind: 'failed', cause: new Error('deep down') })
    const lines = described(error, [option]).lines.join('\n')
    expect(lines).toMatch(/PayflowError: It broke\n {4}at .*report-error\.test/)
    expect(lines).toMatch(/caused by:\nError: deep down\n {4}at /)
    expect(described(error).lines.join('\n')).not.toContain('deep down')
  })

  test('of the command line has no stack and commander’s own advice', () => {
    const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'\n(Did you mean --y?)")
    expect(described(error, ['-v'])).toEqual({
      lines: ["Error: Unknown option '--x'", '→ did you mean --y?'],
      exitCode: 2,
    })
    expect(JSON.parse(described(error, ['--json']).lines[0]!)).toMatchObject({ error: { code: 'UNKNOWN_OPTION' } })
  })

  test('that nobody foresaw is called a bug and ends with 1; what is thrown need not be an Error', () => {
    for (const thrown of [new TypeError('x is not a function'), 'x is not a function'])
      expect(described(thrown)).toEqual({
        lines: [
          'Error: This is a bug in payflow: x is not a function',
          '→ report it with the output of the same command and --verbose',
        ],
        exitCode: 1,
      })
  })

  test('of a broker is not a bug', () => {
    expect(described(new PartitionError('Produce', 'orders', 0, 87))).toMatchObject({
      exitCode: 1,
      lines: ['Error: The broker refused a request: Produce of orders/0: INVALID_RECORD', expect.anything()], // prettier-ignore
    })
    const lost = Object.assign(new Error('Connection timeout'), { name: 'KafkaJSConnectionError' })
    expect(described(lost)).toMatchObject({
      exitCode: 3,
      lines: [expect.stringContaining('connection to the brokers is lost'), expect.anything()],
    })
  })
})

test('help and version are not errors, and a missing subcommand has been explained already', () => {
  expect(described(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toEqual({
    lines: [],
    exitCode: 0,
  })
  expect(described(new CommanderError(1, 'commander.help', '(outputHelp)'))).toEqual({ lines: [], exitCode: 2 })
})
