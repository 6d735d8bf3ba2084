const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g
/** A reason that quotes a number: the field that it is about, or the whole value, and the number as JavaScript prints it. */
const QUOTED = /^(?:the value|(?<path>[^ ]+)) must be .*, not (?<printed>-?(?:Infinity|\d[\d.e+-]*))$/s
const MAX_SHOWN = 60
/** Nobody looks for a number in more than that. */
const MAX_SEARCHED = 1 << 20

/**
 * A reason that quotes the number as it stands in the JSON text. JavaScript prints the nearest number that it can hold instead: for 1e400
 * Infinity, for 9007199254740993 the number before it.
 */
export function quotedAsWritten(reason: string, json: string): string {
  const { path, printed } = QUOTED.exec(reason)?.groups ?? {}
  if (printed === undefined || json.length > MAX_SEARCHED) return reason
  const written = numberAt(json, path === undefined ? [] : path.split('.'))
  if (written === undefined || written === printed) return reason
  const short = written.length > MAX_SHOWN ? `${written.slice(0, MAX_SHOWN)}…` : written
  return `${reason.slice(0, -printed.length)}${short}`
}

/** The number at a path in a JSON text that is known to be one; of fields of the same name the last, as JSON.parse takes it. */
function numberAt(json: string, path: readonly string[]): string | undefined {
  let found: string | undefined
  /** A name for each object that is open, that of its current field; null in an array. */
  const names: (string | null)[] = []
  let previous = ''
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === ':') names[names.length - 1] = JSON.parse(previous) as string
    else if (token === '{' || token === '[') names.push(null)
    else if (token === '}' || token === ']') names.pop()
    else if (/^[-\d]/.test(token) && names.length === path.length && names.every((name, i) => name === path[i])) found = token // prettier-ignore
    previous = token
  }
  return found
}
