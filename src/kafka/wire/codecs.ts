import { PayflowError, messageOf } from '../../errors.ts'
import type { Compression } from '../compression.ts'
import type { Codec } from './codec.ts'

const loaders: Record<Exclude<Compression, 'none'>, () => Promise<Codec>> = {
  gzip: async () => (await import('./codec-gzip.ts')).gzip,
  snappy: async () => (await import('./codec-snappy.ts')).snappy,
  lz4: async () => (await import('./codec-lz4.ts')).lz4,
  zstd: async () => (await import('./codec-zstd.ts')).zstd(),
}
const loaded = new Map<Compression, Promise<Codec>>()

/** Loaded when it is first needed: most processes need none. @throws PayflowError when its library is not there */
export async function codecOf(compression: Exclude<Compression, 'none'>): Promise<Codec> {
  let codec = loaded.get(compression)
  if (!codec) loaded.set(compression, (codec = loaders[compression]()))
  try {
    return await codec
  } catch (error) {
    throw new PayflowError('CODEC_MISSING', `The library for ${compression} cannot be loaded: ${messageOf(error).split('\n')[0]!}`, {
      kind: 'failed',
      hint: `install payflow with its optional dependencies on ${process.platform}-${process.arch}, or use gzip`,
      cause: error,
    }) // prettier-ignore
  }
}
