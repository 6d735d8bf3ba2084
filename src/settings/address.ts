import { isIPv6 } from 'node:net'

/** A host and a port. An IPv6 address has no brackets. */
export interface Address {
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 9092

export const ADDRESSES_ALLOWED = 'one host:port or several with commas between them'

/** `host:port`; an IPv6 address in brackets. */
export const formatAddress = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Of a text that `formatAddress` or `parseAddress` made. */
export function splitAddress(text: string): Address {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) }
}

const OTHER_PROTOCOL = /^(https?|wss?|zookeeper|zk)$/i

/**
 * One address as people and other clients write it: `host`, `host:port`, `[::1]:9092`, with a listener's name before it
 * (`PLAINTEXT://host:port`, as in `advertised.listeners`). The host is what a URL's host can be: upper case, international
 * names, underscores, a dot at its end.
 * @throws Error whose message says what is wrong with it, without any part of it: it could hold a password.
 */
export function parseAddress(text: string): Address {
  const [, scheme, rest = ''] = /^(?:([a-z][\w+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? []
  if (scheme !== undefined && OTHER_PROTOCOL.test(scheme))
    throw new Error(`brokers are named host:port, without ${scheme}://`)
  const [, host, port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?\/?$/s.exec(rest) ?? []
  if (host === undefined || host === '')
    throw new Error(isIPv6(rest) ? 'an IPv6 address needs brackets: [::1]:9092' : ADDRESSES_ALLOWED)
  const number = port === '' ? DEFAULT_PORT : Number(port)
  if (number < 1 || number > 65_535) throw new Error(ADDRESSES_ALLOWED)
  return { host: hostOf(host), port: number }
}

/** Whether a listener's name before one of the addresses says that it speaks TLS: `SSL://`, `SASL_SSL://`. */
export const saysTls = (list: unknown): boolean =>
  [list].flat().some((text) => typeof text === 'string' && /(^|,)\s*(ssl|sasl_ssl|kafka\+ssl):\/\//i.test(text))

/** The host as a URL has it: lower case, international names in ASCII, IPv6 addresses in their short form. */
function hostOf(text: string): string {
  const [, address, zone = ''] = /^\[([0-9a-f:.]+)(%[\w.-]+)?\]$/i.exec(text) ?? []
  const url = `http://${address === undefined ? text : `[${address}]`}/`
  const parsed = /[\s/\\?#@]/.test(text) || !URL.canParse(url) ? undefined : new URL(url)
  if (parsed === undefined) throw new Error(ADDRESSES_ALLOWED)
  return address === undefined ? parsed.hostname : parsed.hostname.slice(1, -1) + zone
}

const LOOPBACK = '127.0.0.1'

/** Where to listen: `host:port`, or a port of the loopback interface; 0 means any free one. Undefined when it is neither. */
export function parseListen(text: string): Address | undefined {
  const [, host, digits = ''] = /^(?:(\[[0-9a-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(text.trim()) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return undefined
  return { host: host?.replace(/^\[(.*)\]$/, '$1') ?? LOOPBACK, port }
}

/** The distinct addresses of a list, as `host:port`, in their order. @throws Error as `parseAddress` does */
export function parseAddressList(list: string | readonly string[]): string[] {
  const parts = typeof list === 'string' ? list.replace(/[\s,]+$/, '').split(',') : list
  return [...new Set(parts.map((part) => formatAddress(parseAddress(part))))]
}
