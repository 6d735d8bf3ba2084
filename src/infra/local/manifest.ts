import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const manifestSchema = z.object({ jars: z.array(z.object({ name: z.string().min(1), bytes: z.int().min(1) })).min(1) })
/** The jars that a complete installation consists of. */
export type Manifest = z.infer<typeof manifestSchema>

const FILE_NAME = 'manifest.json'

export const writeManifest = (directory: string, manifest: Manifest): void =>
  writeFileSync(join(directory, FILE_NAME), `${JSON.stringify(manifest, null, 2)}\n`)

/** Undefined: there is none that can be read, so the jars were never there or never complete. */
export function readManifest(directory: string): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(directory, FILE_NAME), 'utf8')))
  } catch {
    return undefined
  }
}

const END_RECORD_BYTES = 22
const LONGEST_COMMENT = 0xffff

/**
 * Whether the last bytes of a file of `size` bytes are a zip's end-of-central-directory record (APPNOTE 4.3.16) whose
 * directory lies within the file. A zip that was cut off anywhere has none.
 */
export function endsLikeZip(tail: Buffer, size: number): boolean {
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue
    const commentEnds = at + END_RECORD_BYTES + tail.readUInt16LE(at + 20) === tail.length
    const directoryEnd = tail.readUInt32LE(at + 12) + tail.readUInt32LE(at + 16)
    if (commentEnds && directoryEnd <= size - (tail.length - at)) return true
  }
  return false
}

/** What is wrong with a jar in a few words; undefined when it is whole. */
export function findFlaw(path: string, expectedBytes?: number): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return 'missing'
  }
  try {
    const { size } = fstatSync(file)
    if (size === 0) return 'empty'
    if (expectedBytes !== undefined && size !== expectedBytes) return `${size} bytes instead of ${expectedBytes}`
    const tail = Buffer.alloc(Math.min(size, END_RECORD_BYTES + LONGEST_COMMENT))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return endsLikeZip(tail, size) ? undefined : 'cut off or not a jar'
  } finally {
    closeSync(file)
  }
}

/** One line for each jar that is not what the manifest says: `zookeeper-3.8.4.jar: missing`. */
export const findFlaws = (directory: string, { jars }: Manifest): string[] =>
  jars.flatMap(({ name, bytes }) => {
    const flaw = findFlaw(join(directory, name), bytes)
    return flaw === undefined ? [] : `${name}: ${flaw}`
  })
