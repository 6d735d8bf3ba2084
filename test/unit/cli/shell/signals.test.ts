import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { listenForSignals } from '../../../../src/cli/shell/signals.ts'

/** Listens as a command does; what ends the process is only noted. */
function listening() {
  const exits: unknown[] = []
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    exits.push(code)
    return undefined as never
  })
  const said: string[] = []
  const signals = listenForSignals((line) => said.push(line))
  onTestFinished(() => {
    signals.dispose()
    exit.mockRestore()
  })
  return { signals, said, exits }
}
const send = (signal: 'SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM'): void => void process.emit(signal)

describe('the first signal', () => {
  test('asks a command that knows how to stop to do so, and says so; its end is a normal one', () => {
    const { signals, said, exits } = listening()
    signals.stopWith({ message: 'Stopping', outcome: 'done' })
    send('SIGINT')
    expect(signals.signal.aborted).toBe(true)
    expect([said, exits, signals.exitCode()]).toEqual([['Stopping (once more ends it at once)'], [], undefined])
  })

  test('is not said again by a process to which another passed it on', () => {
    const { signals, said } = listening()
    signals.stopWith({ message: undefined, outcome: 'done' })
    send('SIGTERM')
    expect([said, signals.signal.aborted]).toEqual([[], true])
  })

  test.each([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const)('%s of a command that was interrupted is its exit code, %d', (signal, code) => {
    const { signals, exits } = listening()
    signals.stopWith({ message: 'Stopping', outcome: 'interrupted' })
    expect(signals.exitCode()).toBeUndefined()
    send(signal)
    expect([exits, signals.exitCode()]).toEqual([[], code])
  }) // prettier-ignore

  test('ends a command at once that does not know how to stop, after its cleanups', () => {
    const { signals, said, exits } = listening()
    signals.atForcedExit(() => said.push('cleaned up'))
    send('SIGTERM')
    expect([said, exits, signals.signal.aborted]).toEqual([['cleaned up'], [143], false])
  })

  test('is said where something draws meanwhile, and on stderr again afterwards', () => {
    const { signals, said } = listening()
    const drawn: string[] = []
    signals.stopWith({ message: 'Stopping', outcome: 'done' })
    const hush = signals.announceWith((line) => drawn.push(line))
    send('SIGINT')
    expect([said, drawn]).toEqual([[], ['Stopping (once more ends it at once)']])
    hush()
    const other = listening()
    other.signals.stopWith({ message: 'Ending', outcome: 'done' })
    send('SIGINT')
    expect(other.said).toEqual(['Ending (once more ends it at once)'])
  })
})

test('a second signal ends the process at once, with the cleanups that were not taken back', () => {
  const { signals, exits } = listening()
  const cleaned: string[] = []
  signals.stopWith({ message: 'Stopping', outcome: 'done' })
  signals.atForcedExit(() => cleaned.push('kept'))
  signals.atForcedExit(() => cleaned.push('taken back'))()
  send('SIGINT')
  expect([cleaned, exits]).toEqual([[], []])
  send('SIGTERM')
  expect([cleaned, exits]).toEqual([['kept'], [143]])
})

test('to stop without a signal asks for nothing else than a graceful end', () => {
  const { signals, said, exits } = listening()
  signals.stopWith({ message: 'Stopping', outcome: 'interrupted' })
  signals.stop()
  expect([signals.signal.aborted, signals.exitCode(), said, exits]).toEqual([true, undefined, [], []])
})

test('nothing is listened for any more once it is disposed of', () => {
  const before = process.listenerCount('SIGINT')
  const signals = listenForSignals(() => undefined)
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  signals.dispose()
  expect(process.listenerCount('SIGINT')).toBe(before)
})

test('a terminal that is closed stops gracefully, however often it is said', () => {
  const { signals, exits } = listening()
  signals.stopWith({ message: 'Stopping', outcome: 'done' })
  send('SIGHUP')
  send('SIGHUP')
  expect([signals.signal.aborted, exits, signals.exitCode()]).toEqual([true, [], undefined])
})

test('SIGQUIT ends the process at once, with its cleanups', () => {
  const { signals, said, exits } = listening()
  signals.stopWith({ message: 'Stopping', outcome: 'done' })
  signals.atForcedExit(() => said.push('cleaned up'))
  send('SIGQUIT')
  expect([said, exits]).toEqual([['cleaned up'], [131]])
})
