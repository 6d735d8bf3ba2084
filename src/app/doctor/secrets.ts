import { valueOf } from '../../settings/child-environment.ts'
import type { Settings } from '../../settings/resolve.ts'
import { rowOf, settingNames } from '../../settings/table.ts'

const HIDDEN = '***'
/** Shorter ones would hide half of the text, and are no secrets. */
const LEAST = 4

/** What looks like a secret whoever wrote it: in addresses, in Java's login lines, in keys and tokens of properties, in private keys. */
const patterns: readonly [RegExp, string][] = [
  [/(\w+:\/\/)[^/\s:@]+:[^/\s@]+@/g, `$1${HIDDEN}@`],
  [/((?:password|passphrase|secret|token)["']?\s*[=:]\s*)(?!-\s)(?:"[^"\n]*"|'[^'\n]*'|[^\s,;}\]]+)/gi, `$1${HIDDEN}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, HIDDEN],
]

/** The text without the secrets of these settings, and without what looks like one. */
export function withoutSecrets(text: string, settings: Settings): string {
  const known = settingNames
    .filter((name) => rowOf(name).secret)
    .map((name) => valueOf(settings, name))
    .filter((value) => typeof value === 'string' && value.length >= LEAST)
  let clean = text
  for (const secret of known) clean = clean.replaceAll(String(secret), HIDDEN)
  for (const [pattern, replacement] of patterns) clean = clean.replaceAll(pattern, replacement)
  return clean
}
