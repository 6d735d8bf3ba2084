const encodings = [
  { mark: [0xef, 0xbb, 0xbf], name: 'utf-8' },
  { mark: [0xff, 0xfe], name: 'utf-16le' },
  { mark: [0xfe, 0xff], name: 'utf-16be' },
] as const

/**
 * A text file's text, whichever editor saved it: UTF-8, with a byte order mark or without, or UTF-16 with one.
 * @throws TypeError when the bytes are not text in that encoding
 */
export function decodeText(bytes: Uint8Array): string {
  const { name } = encodings.find(({ mark }) => mark.every((byte, i) => bytes[i] === byte)) ?? encodings[0]
  return new TextDecoder(name, { fatal: true }).decode(bytes)
}
