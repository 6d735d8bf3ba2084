import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { identify, isAlive, startTimeIn, terminate } from '../../../src/infra/processes.ts'

const fields = (state: string): string =>
  `${state} ${Array.from({ length: 18 }, (_, index) => index + 4).join(' ')} 987654 23 24`

test('the start time is the 22nd field, whatever the command is called', () => {
  expect(startTimeIn(`12 (java) ${fields('S')}`)).toBe('987654')
  expect(startTimeIn(`12 (a) b (c) 1 2) ${fields('R')}`)).toBe('987654')
})

test('a process that has ended but was not waited for is gone', () => {
  expect(startTimeIn(`12 (java) ${fields('Z')}`)).toBeUndefined()
})

test('a process is alive only under the start time it was identified with', () => {
  const self = identify(process.pid)!
  expect(isAlive(self)).toBe(true)
  expect(isAlive({ ...self, startTime: 'earlier' })).toBe(false)
})

async function start(script: string): Promise<number> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid!
}

test('terminate ends a process that heeds SIGTERM, also a frozen one, and kills one that does not', async () => {
  const willing = identify(await start('echo ready; while :; do sleep 0.05; done'))!
  expect(await terminate(willing, 5_000)).toBe('ended')
  const frozen = identify(await start('echo ready; while :; do sleep 0.05; done'))!
  process.kill(frozen.pid, 'SIGSTOP')
  expect(await terminate(frozen, 5_000)).toBe('ended')
  const stubborn = identify(await start('trap "" TERM; echo ready; while :; do sleep 0.05; done'))!
  expect(await terminate(stubborn, 200)).toBe('killed')
  expect([willing, frozen, stubborn].filter(isAlive)).toEqual([])
})

test('terminate leaves a process alone that was given the same pid later', async () => {
  const other = identify(await start('echo ready; while :; do sleep 0.05; done'))!
  expect(await terminate({ pid: other.pid, startTime: 'earlier' }, 1_000)).toBe('ended')
  expect(isAlive(other)).toBe(true)
})
