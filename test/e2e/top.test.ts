import { describe, expect, test, vi } from 'vitest'
import { ownBroker } from '../support/broker.ts'
import { bin, launch } from '../support/cli.ts'
import { terminal, type Terminal } from '../support/terminal.ts'
import { eventually } from '../support/wait.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { readStates } from '../../src/infra/local/services.ts'
import { testKafka } from '../support/java-options.ts'

vi.setConfig({ testTimeout: 180_000 })

const shows = (top: Terminal, text: string | RegExp) =>
  eventually(() => expect(top.screen().join('\n')).toMatch(text), { timeoutMs: 60_000 })

/** CI says that nothing is to be redrawn; a terminal of a test's own is one. */
const inTerminal = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', CI: '' }) // prettier-ignore

async function restored(top: Terminal, after: string): Promise<void> {
  const seen = () => ({ full: top.isFullScreen(), cursor: top.hasCursor() })
  const expected = { full: false, cursor: true }
  const shown = () => `after ${after}:\n${top.screen().join('\n')}\n${top.written().slice(-2_000)}`
  await eventually(() => expect(seen(), shown()).toEqual(expected), { timeoutMs: 60_000 })
}

describe('top in a terminal', () => {
  test('shows brokers, topics and workers, leads down to records and back, and leaves the terminal as it was, whatever ends or stops it', async () => {
    const { env, home } = await ownBroker()
    const own = inTerminal(env)
    expect(await launch(env, 'topics', 'create').ended).toMatchObject({ code: 0 })
    const worker = launch(env, 'worker', 'large-orders')
    await worker.says('partitions 0, 1, 2')
    const producer = launch(env, 'produce', 'payments', '--rate', '50')

    const top = terminal([process.execPath, bin, 'top', '--interval', '500ms'], { env: own })
    await shows(top, /› \S+ +/)
    await shows(top, /large-orders +\d+ +\S+ s .* running 3 +0/)
    await shows(top, /payments +\d+ +\d+ +3/)
    expect(top.screen().length).toBeLessThanOrEqual(24)

    top.type('/large-o\r')
    await shows(top, /filter \/large-o/)
    top.type('\r')
    await shows(top, /group payflow-large-orders {2}Stable, 1 member/)
    await shows(top, /payments\/2 .* running$/m)
    top.type('\r')
    await shows(top, /OFFSET +TIME +KEY +VALUE/)
    await shows(top, /"payment_id"/)
    top.type('\u001B')
    await shows(top, /group payflow-large-orders/)
    top.type('\u001B')
    await shows(top, /^› large-orders +\d/m)
    top.type('?')
    await shows(top, 'Any key closes this')
    top.type('?')

    top.resize(140, 40)
    await shows(top, /CAUGHT UP IN/)
    await shows(top, /broker 0 {2}127\.0\.0\.1:\d+ {2}leads \d+ partitions, controller/)

    // a broker that answers nobody for a while
    const [broker] = readStates(layoutOf(home, testKafka)).brokers
    process.kill(broker!.pid, 'SIGSTOP')
    try {
      await shows(top, /The brokers have not answered for \d+ s; the figures are as old/)
    } finally {
      process.kill(broker!.pid, 'SIGCONT')
    }
    await eventually(() => expect(top.screen()[0]).not.toMatch('have not answered'), { timeoutMs: 60_000 })

    top.type('q')
    expect(await top.ended).toBe(0)
    await restored(top, 'q')
    expect(top.written()).toMatch(/\d\d:\d\d:\d\d .*payments .*lag \d+, restarts 0/)

    const ended = terminal([process.execPath, bin, 'top'], { env: own })
    await shows(ended, /large-orders/)
    process.kill(await ended.pid, 'SIGTERM')
    expect(await ended.ended).toBe(0)
    await restored(ended, 'SIGTERM')

    const shell = terminal(['bash', '--norc', '-i'], { env: own })
    await eventually(() => expect(shell.written()).toMatch(/[#$] $/))
    shell.type(`${process.execPath} ${bin} top\n`)
    await shows(shell, /large-orders/)
    shell.type('\u001A')
    await restored(shell, 'Ctrl-Z')
    await eventually(() => expect(shell.written()).toMatch(/Stopped/))
    shell.type('fg\n')
    await shows(shell, /large-orders/)
    shell.type('\u0003')
    await restored(shell, 'Ctrl-C')
    shell.type('echo code $?\n')
    await eventually(() => expect(shell.written()).toMatch(/code 0/))

    producer.child.kill('SIGTERM')
    await producer.ended
    worker.child.kill('SIGTERM')
    await worker.ended
  })

  test('without a terminal it is a line at a time, or an object; without a cluster exit code 3', async () => {
    const { env } = await ownBroker()
    const lines = launch(env, 'top', '--interval', '300ms')
    await lines.says('Not created yet')
    lines.child.kill('SIGTERM')
    expect(await lines.ended).toMatchObject({ code: 0 })
    const objects = launch(env, 'top', '--interval', '300ms', '--json')
    await objects.says('}\n{')
    // on a busy machine the broker may not answer the first look in time
    await objects.says('"reachable":true')
    objects.child.kill('SIGINT')
    const { stdout, code } = await objects.ended
    expect(code).toBe(0)
    const shown = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { reachable: boolean })
    expect(shown.find(({ reachable }) => reachable)).toMatchObject({ verdict: { level: 'info' } })
    const nowhere = { ...env, PAYFLOW_BROKERS: '127.0.0.1:1', PAYFLOW_ENGINE: '' }
    expect(await launch(nowhere, 'top', '--once').ended).toMatchObject({ code: 3, stdout: '' })
  })
})
