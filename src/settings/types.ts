import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { ADDRESSES_ALLOWED, parseAddressList, parseListen } from './address.ts'
import type { Kind, Row } from './row.ts'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return amount === undefined ? Number.NaN : Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs])
}

const unitBytes = { '': 1, B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 } as const

function sizeBytes(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?B)?$/.exec(text.trim().toUpperCase()) ?? []
  return amount === undefined ? Number.NaN : Math.round(Number(amount) * unitBytes[unit as keyof typeof unitBytes])
}

const integer = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])

const brokerList = z.union([z.array(z.string()), z.string()]).transform((list, context) => {
  try {
    const addresses = parseAddressList(list)
    if (addresses.length > 0) return addresses
    context.addIssue({ code: 'custom', message: ADDRESSES_ALLOWED })
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) })
  }
  return z.NEVER
})

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

function schemaOfKind(kind: Kind): z.ZodType {
  switch (kind.is) {
    case 'choice':
      // in a file, 4 is a number
      return z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.enum(kind.of))
    case 'integer':
      return integer.pipe(z.int().min(Number(kind.from)).max(Number(kind.to)))
    case 'duration':
      return z
        .string()
        .transform(durationMs)
        .pipe(z.number().min(durationMs(String(kind.from))).max(durationMs(String(kind.to)))) // prettier-ignore
    case 'size':
      return z
        .union([z.string(), z.number().transform(String)])
        .transform(sizeBytes)
        .pipe(z.number().min(sizeBytes(String(kind.from))).max(sizeBytes(String(kind.to)))) // prettier-ignore
    case 'brokers':
      return brokerList
    case 'url':
      return z.string().trim().refine(isPlainUrl)
    case 'listen':
      return z.union([z.string(), z.number().transform(String)]).refine((text) => parseListen(text) !== undefined)
    case 'text':
    case 'file':
    case 'pem':
      return z.string().min(1)
  }
}

/** Reads what a setting was given as: the text of an option or variable, or the JSON of the file. */
export const schemaOf = (row: Row): z.ZodType =>
  row.default === undefined ? schemaOfKind(row.kind).optional() : schemaOfKind(row.kind)

/** What an error says is allowed. */
function allowedOf(kind: Kind): string {
  switch (kind.is) {
    case 'choice':
      return `${kind.of.slice(0, -1).join(', ')} or ${kind.of.at(-1)!}`
    case 'integer':
      return `an integer from ${kind.from} to ${kind.to}`
    case 'duration':
      return `a duration from ${kind.from} to ${kind.to}: a number with ms, s, m, h or d`
    case 'size':
      return `a size from ${kind.from} to ${kind.to}: a number with KB, MB, GB or TB`
    case 'brokers':
      return ADDRESSES_ALLOWED
    case 'url':
      return 'an http:// or https:// address without a password in it'
    case 'listen':
      return 'host:port, or a port of this machine alone, such as 127.0.0.1:9464'
    case 'text':
    case 'file':
    case 'pem':
      return kind.allowed
  }
}

/** What to say to a refused value: the reason where its type has one, else what is allowed. */
export function hintOf({ code, message }: { code: string; message: string }, kind: Kind): string {
  const allowed = allowedOf(kind)
  return code === 'custom' && ![allowed, 'Invalid input'].includes(message) ? message : `allowed: ${allowed}`
}
