import { execFile } from 'node:child_process'
import { PayflowError } from '../errors.ts'

/** A command that does not end would hold up every login. */
const COMMAND_TIMEOUT_MS = 30_000
const MAX_TOKEN_BYTES = 1 << 20
/** Nobody logs in with a token that is older than this part of its life: the session would be over too soon. */
const USED_PART = 0.7
/** The next one is fetched when this part is over. */
const FRESH_PART = 0.6
const LONGEST_WAIT_MS = 2 ** 31 - 1

interface Token {
  readonly value: string
  /** ms from now; undefined when the token does not say. */
  readonly livesMs: number | undefined
}

/** The tokens of one command, for all connections of this process. */
class TokenSource {
  readonly #command: string
  #current: { readonly value: string; readonly until: number } | undefined
  #coming: Promise<Token> | undefined
  #asked = false

  constructor(command: string) {
    this.#command = command
  }

  async value(): Promise<string> {
    this.#asked = true
    if (this.#current !== undefined && performance.now() < this.#current.until) return this.#current.value
    return (await this.#fetch()).value
  }

  #fetch(): Promise<Token> {
    this.#coming ??= runCommand(this.#command)
      .then((token) => this.#keep(token))
      .finally(() => (this.#coming = undefined))
    return this.#coming
  }

  /** The next one is fetched ahead, so that nobody waits for it; not for ever, should nobody need it any more. */
  #keep(token: Token): Token {
    this.#current = undefined
    if (token.livesMs === undefined || token.livesMs <= 0) return token
    const { value, livesMs } = token
    this.#asked = false
    this.#current = { value, until: performance.now() + livesMs * USED_PART }
    const ahead = setTimeout(
      () => {
        // should it fail, whoever needs the next token tries again, and hears why
        if (this.#asked) this.#fetch().catch(() => undefined)
        else this.#current = undefined
      },
      Math.min(livesMs * FRESH_PART, LONGEST_WAIT_MS),
    )
    ahead.unref()
    return token
  }
}

const sources = new Map<string, TokenSource>()

/** A token that is valid for a while. @throws PayflowError (TOKEN_COMMAND_FAILED): the next attempt runs the command again */
export function tokenOf(command: string): Promise<string> {
  let source = sources.get(command)
  if (!source) sources.set(command, (source = new TokenSource(command)))
  return source.value()
}

/** kafkajs tries again what does not say that it should not, a few times within a second. */
class TokenCommandFailed extends PayflowError {
  readonly retriable = false
  constructor(what: string) {
    super('TOKEN_COMMAND_FAILED', `The command for tokens ${what}`, {
      kind: 'infra',
      hint: 'run it yourself (--sasl-token-command, PAYFLOW_SASL_TOKEN_COMMAND): it must print a token, or JSON with access_token, and end with 0',
    })
  }
}

const runCommand = (command: string): Promise<Token> =>
  new Promise((resolve, reject) => {
    execFile(
      '/bin/sh',
      ['-c', command],
      { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_TOKEN_BYTES, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const token = error === null ? parseToken(stdout, Date.now()) : undefined
        if (token) resolve(token)
        else reject(new TokenCommandFailed(error === null ? 'printed no token' : failureText(error, stderr)))
      },
    ).stdin?.end()
  })

/** Of stderr its last line; never what was on stdout. */
function failureText({ killed, code, signal }: { killed?: boolean | undefined; code?: unknown; signal?: unknown }, stderr: string): string {
  if (killed) return `did not end within ${COMMAND_TIMEOUT_MS / 1000} s`
  const last = stderr.trim().split('\n').at(-1)?.trim().slice(0, 200) ?? ''
  return `ended with ${String(signal ?? code)}${last && `: ${last}`}`
} // prettier-ignore

/**
 * What the command printed: a token alone, or the JSON of an OAuth token endpoint (RFC 6749, 5.1).
 * A token that is a JWT says itself when it expires (RFC 7519, `exp`); an opaque one is used once.
 */
export function parseToken(printed: string, nowMs: number): Token | undefined {
  const text = printed.trim()
  if (!text.startsWith('{')) return /^[\x21-\x7e]+$/.test(text) ? { value: text, livesMs: jwtLifeMs(text, nowMs) } : undefined // prettier-ignore
  try {
    const { access_token: value, expires_in: seconds } = JSON.parse(text) as Record<string, unknown>
    if (typeof value !== 'string' || value === '') return undefined
    return { value, livesMs: typeof seconds === 'number' ? seconds * 1000 : jwtLifeMs(value, nowMs) }
  } catch {
    return undefined
  }
}

function jwtLifeMs(token: string, nowMs: number): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 - nowMs : undefined
  } catch {
    return undefined
  }
}
