export interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  /** @throws OutputTooLarge when that would be more than `limit` bytes, and anything else for bytes that are damaged */
  decompress(bytes: Buffer, limit: number): Promise<Buffer>
}

/** What a few bytes unpack to is more than may be held in memory. */
export class OutputTooLarge extends Error {
  override readonly name = 'OutputTooLarge'
}
