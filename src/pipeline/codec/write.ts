import { mayGenerateCode } from './code-generation.ts'
import type { Fields } from './read.ts'

type Encode = (event: Record<string, unknown>) => string

/** Writes an event as JSON text, the fields in the order of the shape. */
export const encoder = (fields: Fields): Encode =>
  mayGenerateCode ? generatedEncoder(fields) : interpretingEncoder(fields)

/** Written as a function for each shape, as `generatedScanner`. */
export function generatedEncoder(fields: Fields): Encode {
  const entries = Object.entries(fields)
  const parts = entries.map(([name], i) => {
    const key = JSON.stringify(name)
    return `${JSON.stringify(`${i === 0 ? '{' : ','}${key}:`)} + json${i}(event[${key}])`
  })
  const code = `return (event) => ${parts.length === 0 ? '"{"' : parts.join(' + ')} + '}'`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- of a definition's names, as JSON texts, and nothing else
  const make = new Function(...entries.map((_, i) => `json${i}`), code) as (...values: unknown[]) => Encode
  return make(
    ...entries.map(
      ([, field]) =>
        (value: unknown) =>
          field.json(value),
    ),
  )
}

/** The same texts, more slowly, where no code may be generated. */
export function interpretingEncoder(fields: Fields): Encode {
  const entries = Object.entries(fields).map(([name, field]) => ({ name, key: `${JSON.stringify(name)}:`, field }))
  return (event) => `{${entries.map(({ name, key, field }) => key + field.json(event[name])).join(',')}}`
}
