import { z } from 'zod'

// What a setting may be, as text or as JSON. Each type's description is what a user is told to be allowed.

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

export const integer = (minimum: number, maximum: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(minimum).max(maximum))
    .describe(`an integer from ${minimum} to ${maximum}`)

export const durationMs = (minimum: string, maximum: string) => {
  const parse = (text: string): number => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
    return amount === undefined ? Number.NaN : Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs])
  }
  return z
    .string()
    .transform(parse)
    .pipe(z.number().min(parse(minimum)).max(parse(maximum)))
    .describe(`a duration from ${minimum} to ${maximum}: a number with ms, s, m, h or d`)
}

const address = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@,]+):([1-9]\d{0,4})$/
export const brokerList = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((part) => part.trim()))])
  .pipe(z.array(z.string().refine((text) => Number(address.exec(text)?.[2] ?? Infinity) <= 65_535)).min(1))
  .describe('one host:port or several with commas between them')

const isPlainUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).username === ''

export const plainUrl = z
  .string()
  .refine(isPlainUrl)
  .describe('an http:// or https:// address without a password in it')
