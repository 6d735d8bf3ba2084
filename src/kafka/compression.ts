/** How a record batch may be compressed, by its number in the batch's attributes. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

export const codecNumber = (compression: Compression): number => compressions.indexOf(compression)
