import { promisify } from 'node:util'
import { constants, gunzip, gzip as deflate } from 'node:zlib'
import { systemCodeOf } from '../../errors.ts'
import { OutputTooLarge, type Codec } from './codec.ts'

const compress = promisify(deflate)
const decompress = promisify(gunzip)
/** zlib's default of 16 KiB makes a call into it for each. */
const CHUNK_SIZE = 128 << 10
const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE'

/** zlib's own way to say that `maxOutputLength` is passed. */
export const withLimit = async (output: Promise<Buffer>): Promise<Buffer> => {
  try {
    return await output
  } catch (error) {
    throw systemCodeOf(error) === TOO_LARGE ? new OutputTooLarge() : error
  }
}

export const gzip: Codec = {
  compress: (bytes) => compress(bytes, { level: constants.Z_BEST_SPEED, chunkSize: CHUNK_SIZE }),
  decompress: (bytes, limit) => withLimit(decompress(bytes, { maxOutputLength: limit, chunkSize: CHUNK_SIZE })),
}
