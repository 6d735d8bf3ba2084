import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { pause } from './poll.ts'

const CHUNK_BYTES = 64 * 1024
const MAXIMUM_BYTES = 1024 * 1024
const FOLLOW_INTERVAL_MS = 200

export function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0 // not there yet
  }
}

/** What was written to the file from byte `from` on; all of it when it has been rotated since. At most the last MiB. */
export function readFrom(path: string, from: number): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return '' // not there yet
  }
  try {
    const { size } = fstatSync(file)
    const start = Math.max(size < from ? 0 : from, size - MAXIMUM_BYTES)
    const bytes = Buffer.alloc(size - start)
    const read = readSync(file, bytes, 0, bytes.length, start)
    return bytes.subarray(0, read).toString('utf8')
  } finally {
    closeSync(file)
  }
}

/** The last `count` lines of a file, and the byte where they end. */
export function lastLines(path: string, count: number): { lines: string[]; end: number } {
  const end = sizeOf(path)
  for (let wanted = CHUNK_BYTES; ; wanted *= 2) {
    const start = Math.max(0, end - wanted)
    const text = readFrom(path, start)
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    if (start === 0 || lines.length > count || wanted >= MAXIMUM_BYTES) {
      return { lines: count === 0 ? [] : lines.slice(-count), end }
    }
  }
}

/** Hands on each line written to `path` after byte `from`, across rotation, until `signal` fires. */
export async function followLines(
  path: string,
  from: number,
  write: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let offset = from
  let rest = ''
  let decoder = new StringDecoder('utf8')
  while (signal?.aborted !== true) {
    const size = sizeOf(path)
    if (size < offset) {
      offset = 0
      rest = ''
      decoder = new StringDecoder('utf8')
    }
    if (size > offset) {
      const bytes = readBytes(path, offset, Math.min(size - offset, CHUNK_BYTES))
      offset += bytes.length
      const lines = (rest + decoder.write(bytes)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) write(line)
      if (bytes.length > 0) continue
    }
    await pause(FOLLOW_INTERVAL_MS, signal).catch(() => undefined)
  }
}

function readBytes(path: string, offset: number, length: number): Buffer {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset))
  } catch {
    return Buffer.alloc(0) // being rotated: it is there at the next look
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
