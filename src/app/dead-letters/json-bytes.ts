import { isUtf8 } from 'node:buffer'

/** Bytes as JSON holds them: text where they are UTF-8, so that nothing is lost where they are not. */
export function bytesInJson(bytes: Buffer | null): string | null | { readonly base64: string } {
  if (bytes === null) return null
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}
