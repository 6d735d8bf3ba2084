import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { LiveKeys, type Held } from '../../../../src/app/workers/live-keys.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

function inTmpdir(directory = temporaryDirectory()): string {
  vi.stubEnv('TMPDIR', directory)
  onTestFinished(() => void vi.unstubAllEnvs())
  return directory
}

const held = (bytes: number, due?: number): Held => ({ bytes, due })

test('keys, bytes and the oldest timer are the same in memory and on disk, whatever was overwritten and deleted', async () => {
  inTmpdir()
  const [small, large] = [new LiveKeys(), new LiveKeys(3)]
  onTestFinished(() => Promise.all([small.close(), large.close()]).then(() => undefined))
  for (const all of [small, large]) {
    for (let i = 0; i < 20; i++) all.set(`k${i}`, held(10, 100 + i))
    await all.settle()
    all.set('k0', held(12)) // the oldest timer is gone
    all.set('k1', null)
    all.set('k2', held(11, 500)) // moved
    all.set('k30', null) // was never there
    await all.settle()
    all.set('k1', held(5, 110)) // and back
    all.set('k3', null)
    all.set('k4', null)
    all.set('k5', held(10, 105)) // as it was
  }
  const wanted = { keys: 18, bytes: 15 * 10 + 12 + 11 + 5, oldestTimer: 105 }
  expect(await small.totals()).toEqual(wanted)
  expect(await large.totals()).toEqual(wanted)
})

test('few keys never touch the disk, and many leave nothing there', async () => {
  const directory = inTmpdir()
  const few = new LiveKeys(100)
  few.set('a', held(1))
  await few.settle()
  expect(await few.totals()).toEqual({ keys: 1, bytes: 1, oldestTimer: null })
  expect(readdirSync(directory)).toEqual([])
  const many = new LiveKeys(1)
  many.set('a', held(1))
  await many.settle()
  expect(readdirSync(directory)).toHaveLength(1)
  expect(await many.totals()).toEqual({ keys: 1, bytes: 1, oldestTimer: null })
  await Promise.all([few.close(), many.close()])
  expect(readdirSync(directory)).toEqual([])
})

test('a directory that cannot be written is named, with the way out', async () => {
  const directory = join(temporaryDirectory(), 'file')
  writeFileSync(directory, '')
  inTmpdir(directory)
  const keys = new LiveKeys(1)
  keys.set('a', held(1))
  await expect(keys.settle()).rejects.toMatchObject({ code: 'STATE_VIEW_FAILED', hint: expect.stringContaining('TMPDIR') as string }) // prettier-ignore
  await keys.close()
})
