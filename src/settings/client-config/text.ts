import { createRequire } from 'node:module'
import type { getProperties } from 'properties-file'

const require = createRequire(import.meta.url)

/** What only librdkafka, and kcat with it, calls so: such a file is read as they read it. */
const OF_LIBRDKAFKA =
  /^(metadata\.broker\.list|sasl\.(mechanisms|username|password)|ssl\.(ca|certificate|key)\.(location|pem)|enable\.ssl\.certificate\.verification)$/

/** Key and value of each line: no escapes, no continued lines. A comment begins a line. */
function plainEntries(text: string): [string, string][] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    })
}

/**
 * The properties of a file: with Java's rules (escapes, lines that go on after a backslash) or, if it holds a key of librdkafka's, with
 * librdkafka's, for which a backslash is a character like any other.
 */
export function parseProperties(text: string): Map<string, string> {
  const plain = plainEntries(text)
  if (plain.some(([key]) => OF_LIBRDKAFKA.test(key))) return new Map(plain)
  const { getProperties: parse } = require('properties-file') as { getProperties: typeof getProperties }
  return new Map(Object.entries(parse(text)))
}
