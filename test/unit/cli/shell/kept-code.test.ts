import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readKept, removeOldest, writeKept } from '../../../../src/cli/shell/kept-code.ts'
import { directoryWith } from '../../../support/own-worker.ts'

const source = Buffer.from('export const one = 1')
const kept = { commands: ['topics', 'worker', 'worker'], data: Buffer.from([1, 10, 2, 32, 3, 0]) }
const newFile = async (): Promise<string> => join(await directoryWith({}), 'compiled', 'main.cjs-1a2b')

describe('compiled code that is kept', () => {
  it('is read as it was written, in a directory that only its owner may enter', async () => {
    const file = await newFile()
    writeKept(file, source, kept)
    expect(readKept(file, source)).toEqual(kept)
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(file, '..'))).toEqual(['main.cjs-1a2b'])
  })

  it('is not that of another source', async () => {
    const file = await newFile()
    writeKept(file, source, kept)
    expect(readKept(file, Buffer.from('export const one = 2'))).toBeUndefined()
    expect(readKept(`${file}-none`, source)).toBeUndefined()
  })

  it('is not used when a byte of it is another one, or when some are missing', async () => {
    const file = await newFile()
    writeKept(file, source, kept)
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at += 1) {
      const broken = Buffer.from(whole)
      broken[at]! ^= 0x41
      writeFileSync(file, broken)
      expect(readKept(file, source), `byte ${at}`).toBeUndefined()
      writeFileSync(file, whole.subarray(0, at))
      expect(readKept(file, source), `${at} bytes`).toBeUndefined()
    }
    writeFileSync(file, Buffer.alloc(whole.length))
    expect(readKept(file, source)).toBeUndefined()
  })

  it('is not written where there is no home', async () => {
    const home = join(await directoryWith({}), 'none')
    expect(() => writeKept(join(home, 'compiled', 'main.cjs'), source, kept)).toThrow(/ENOENT/)
    expect(existsSync(home)).toBe(false)
  })

  it('goes when many newer files are there', async () => {
    const directory = await directoryWith({ first: '', second: '', third: '' })
    for (const [index, name] of ['second', 'first', 'third'].entries())
      utimesSync(join(directory, name), 100, 100 + index)
    removeOldest(directory, 2)
    expect(readdirSync(directory).sort()).toEqual(['first', 'third'])
    removeOldest(directory, 2)
    expect(readdirSync(directory)).toHaveLength(2)
  })
})
