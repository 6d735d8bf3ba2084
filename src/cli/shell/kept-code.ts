import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { crc32 } from 'node:zlib'
import { writeWhole } from '../../whole-file.ts'

/** What V8 has compiled of a source, and the commands that called it: once for each time that one added to it. */
export interface KeptCode {
  readonly commands: readonly string[]
  readonly data: Buffer
}

/** Several versions of payflow and Node, each with a score of files. */
const MOST_FILES = 100

/** Undefined when there is none for this source, or when it is not whole. */
export function readKept(file: string, source: Buffer): KeptCode | undefined {
  try {
    // what another user wrote is not run
    const user = process.getuid?.()
    if (user !== undefined && statSync(file).uid !== user) return undefined
    const bytes = readFileSync(file)
    const end = bytes.indexOf('\n')
    const [sum, ...commands] = bytes.toString('latin1', 0, end).split(' ')
    const kept = { commands, data: bytes.subarray(end + 1) }
    return sum === sumOf(source, kept) ? kept : undefined
  } catch {
    return undefined
  }
}

/** Replaces what was there. The directory is made, but not the one that it is in. @throws what kept it from being written */
export function writeKept(file: string, source: Buffer, kept: KeptCode): void {
  const directory = dirname(file)
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 })
  const head = Buffer.from(`${[sumOf(source, kept), ...kept.commands].join(' ')}\n`)
  writeWhole(file, Buffer.concat([head, kept.data]), 0o600)
}

/** Leaves the newest files of those in the directory. */
export function removeOldest(directory: string, most = MOST_FILES): void {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())
  if (files.length <= most) return
  const aged = files.map(({ name }) => ({ path: join(directory, name), at: statSync(join(directory, name)).mtimeMs }))
  for (const { path } of aged.sort((a, b) => b.at - a.at).slice(most)) rmSync(path, { force: true })
}

/** V8 compares lengths and versions, and trusts the rest: it would run what a crash left full of zeros. */
const sumOf = (source: Buffer, { commands, data }: KeptCode): string => String(crc32(`${commands.join(' ')}\n`, crc32(data, crc32(source)))) // prettier-ignore
