import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { withLimit } from './codec-gzip.ts'
import { OutputTooLarge, type Codec } from './codec.ts'
import { areWholeFrames } from './zstd-frames.ts'

type WithZstd = typeof zlib & { zstdCompress?: typeof zlib.gzip; zstdDecompress?: typeof zlib.gunzip }
const CHUNK_SIZE = 128 << 10

/** Node's own, which it has since 22.15; before that from libraries. */
export const zstd = (): Codec | Promise<Codec> => ofNode() ?? ofLibraries()

function ofNode(): Codec | undefined {
  const { zstdCompress, zstdDecompress } = zlib as WithZstd
  if (!zstdCompress || !zstdDecompress) return undefined
  const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)]
  return {
    compress: (bytes) => compress(bytes),
    decompress: async (bytes, limit) => {
      if (!areWholeFrames(bytes)) throw new Error('the zstd frame is cut off')
      return withLimit(decompress(bytes, { maxOutputLength: limit, chunkSize: CHUNK_SIZE }))
    },
  }
}

let libraries: Promise<Codec> | undefined

/** One library only reads, but stops at a limit; the other would allocate whatever a frame says. */
export const ofLibraries = (): Promise<Codec> => (libraries ??= loadLibraries())

async function loadLibraries(): Promise<Codec> {
  const [{ Decompress }, { init, compress }] = await Promise.all([import('fzstd'), import('@bokuweb/zstd-wasm')])
  await init()
  return {
    compress: (bytes) => Promise.resolve(Buffer.from(compress(bytes))),
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to reject
    async decompress(bytes, limit) {
      const parts: Uint8Array[] = []
      let size = 0
      const seen = { end: false }
      const stream = new Decompress((part, final) => {
        size += part.length
        if (size > limit) throw new OutputTooLarge()
        parts.push(part)
        seen.end ||= final === true
      })
      for (let at = 0; at < bytes.length; at += CHUNK_SIZE)
        stream.push(bytes.subarray(at, at + CHUNK_SIZE), at + CHUNK_SIZE >= bytes.length)
      if (!seen.end) throw new Error('the zstd frame is cut off')
      return Buffer.concat(parts)
    },
  }
}
