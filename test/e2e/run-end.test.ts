import { spawn } from 'node:child_process'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { bin, ownHome, processesOf, run } from '../support/cli.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 180_000 })

/** ms until what a run that was killed started has ended in good order. */
const KEEPER_MS = 60_000

const pidsOf = (home: string, word: string): number[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return command.includes(word) && command.includes(home) ? [Number(pid)] : []
    } catch {
      return [] // it has ended meanwhile
    }
  }) // prettier-ignore

describe('whatever ends a run from outside, nothing that it started stays', () => {
  test('kill -9; and when its keeper is killed too, `infra down` knows what was left', async () => {
    const { home, payflow, start } = await ownHome()
    const first = start('all')
    await first.says('ZooKeeper answers')
    first.child.kill('SIGKILL')
    await eventually(() => expect(processesOf(home)).toEqual([]), { timeoutMs: KEEPER_MS })

    const second = start('all')
    await second.says('ZooKeeper answers')
    for (const pid of pidsOf(home, 'keeper.js')) process.kill(pid, 'SIGKILL')
    second.child.kill('SIGKILL')
    await second.ended
    expect(pidsOf(home, 'payflow.service=zookeeper')).toHaveLength(1)
    rmSync(`${home}/run`, { recursive: true })
    const { code, stderr } = await payflow('infra', 'down')
    expect(code).toBe(0)
    expect(stderr).toMatch(/zookeeper \(pid \d+\) has stopped/)
    await eventually(() => expect(processesOf(home)).toEqual([]))
  })

  test('a closed terminal: it ends as with Ctrl-C; meanwhile a second run in the same home is refused', async () => {
    const { home, payflow, start } = await ownHome()
    const first = start('all')
    await first.says('Producers: orders')
    const second = await payflow('all')
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/`payflow all` \(pid \d+\) has been running in .* since 20/)
    first.child.kill('SIGHUP')
    const { code, stderr } = await first.ended
    expect(code, stderr).toBe(0)
    await eventually(() => expect(processesOf(home)).toEqual([]))
  })

  test('its home is deleted under it', async () => {
    const { home, start } = await ownHome()
    const first = start('all')
    await first.says('ZooKeeper answers')
    rmSync(home, { recursive: true })
    await first.ended
    await eventually(() => expect([...processesOf(home), ...pidsOf(home, 'payflow.home')]).toEqual([]), {
      timeoutMs: KEEPER_MS,
    })
  })
})

test('standard output that cannot be written is one line and exit code 1, never a stack', async () => {
  const { env } = await ownHome()
  const child = spawn('sh', ['-c', `"$0" "$1" worker list > /dev/full`, process.execPath, bin], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Error: Cannot write to standard output: ENOSPC: .*\n→ make room there.*\n$/)
})

test('where no code may be generated from strings, everything works all the same', async () => {
  const { env } = await ownHome()
  const strict = { ...env, NODE_OPTIONS: '--disallow-code-generation-from-strings' }
  const { code, stdout, stderr } = await run(strict, 'worker', 'list')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('large-orders')
})
