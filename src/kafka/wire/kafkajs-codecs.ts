import type { Codec } from './codec.ts'
import { MAX_UNPACKED_BYTES } from './decompress.ts'
import { kafkajsCodecs } from '../kafkajs/protocol.ts'
import { codecOf } from './codecs.ts'
import { codecNumber, compressions } from '../compression.ts'

let registered = false

/** Lets kafkajs's own encoder and decoder use payflow's codecs, its gzip included: that one unpacks whatever it is given. */
export function registerCodecs(): void {
  if (registered) return
  registered = true
  for (const compression of compressions) {
    if (compression === 'none') continue
    const using = async (use: (codec: Codec) => Promise<Buffer>): Promise<Buffer> => use(await codecOf(compression))
    kafkajsCodecs[codecNumber(compression)] = () => ({
      compress: ({ buffer }) => using((codec) => codec.compress(buffer)),
      decompress: (bytes) => using((codec) => codec.decompress(bytes, MAX_UNPACKED_BYTES)),
    })
  }
}
