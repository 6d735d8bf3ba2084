import type { ConnectionOptions } from 'node:tls'
import { usage } from './refuse.ts'
import type { Settings } from './resolve.ts'
import { tlsOptions } from './tls.ts'
import { besideKnownCas, readCas } from './tls-files.ts'

/** How to log in. */
export type SaslSettings =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  /** The shell runs `tokenCommand`, which prints a token. */
  | { readonly mechanism: 'oauthbearer'; readonly tokenCommand: string }

/** How to reach a Kafka cluster, and as whom. Everything that connects takes this one value. */
export interface ConnectionSettings {
  /** `host:port` of one broker or more; an IPv6 address is in brackets. */
  readonly brokers: readonly string[]
  /** What brokers call this client in their logs and quotas. */
  readonly clientId?: string
  /** How long a connection may take to be made, in ms. */
  readonly connectTimeoutMs?: number
  /** How long one request may take, in ms. Below the transaction timeout, so that a lost answer does not outlive its transaction. */
  readonly requestTimeoutMs?: number
  readonly tls?: ConnectionOptions
  readonly sasl?: SaslSettings
}

type Given = Pick<Settings, 'brokers' | 'brokersGiven' | 'tls' | 'tlsVerify'> & Partial<Settings>

/** A handshake takes a few times as long as a connection alone, and managed clusters are far away. */
const SECURE_CONNECT_TIMEOUT_MS = 6_000

const made = new WeakMap<Given, ConnectionSettings>()

/**
 * The part of all settings that says how to reach the cluster. What secures a connection is for brokers that were named:
 * those that payflow starts listen on this machine only, in plain text.
 * @throws PayflowError (usage) when what is said of certificates or the login is wrong
 */
export function connectionOf(settings: Given): ConnectionSettings {
  const { brokers, brokersGiven } = settings
  if (!brokersGiven) return { brokers }
  const known = made.get(settings)
  if (known) return known
  const sasl = saslOf(settings)
  const connection = {
    brokers,
    ...(settings.tls === 'on' && { tls: tlsOptions(settings), connectTimeoutMs: SECURE_CONNECT_TIMEOUT_MS }),
    ...(sasl && { sasl }),
  }
  made.set(settings, connection)
  return connection
}

function saslOf({ saslMechanism, saslUsername, saslPassword, saslTokenCommand }: Given): SaslSettings | undefined {
  if (saslMechanism === undefined) {
    if (saslUsername === undefined && saslTokenCommand === undefined) return undefined
    throw incomplete('no mechanism', 'say --sasl-mechanism (PAYFLOW_SASL_MECHANISM): plain, scram-sha-256, scram-sha-512 or oauthbearer') // prettier-ignore
  }
  if (saslMechanism === 'oauthbearer') {
    if (saslTokenCommand === undefined)
      throw incomplete('no command for tokens', 'say --sasl-token-command (PAYFLOW_SASL_TOKEN_COMMAND): a command that prints one') // prettier-ignore
    return { mechanism: saslMechanism, tokenCommand: saslTokenCommand }
  }
  if (saslUsername === undefined) throw incomplete('no user', 'say --sasl-username (PAYFLOW_SASL_USERNAME)')
  if (saslPassword === undefined)
    throw incomplete('no password', 'set PAYFLOW_SASL_PASSWORD, or PAYFLOW_SASL_PASSWORD_FILE to a file that holds it') // prettier-ignore
  return { mechanism: saslMechanism, username: saslUsername, password: saslPassword }
}

const incomplete = (what: string, hint: string): Error =>
  usage('SASL_INCOMPLETE', `The login (SASL) is incomplete: there is ${what}`, hint)

/** TLS with ksqlDB: as with the brokers, and with the CAs that Node trusts. Undefined where nothing is said. */
export function ksqlTlsOf(settings: Settings): ConnectionOptions | undefined {
  const { ksqlCa, tlsCaPassphrase, tlsPassphrase, brokersGiven } = settings
  const tls = brokersGiven && settings.tls === 'on' ? tlsOptions(settings) : {}
  const ca = ksqlCa === undefined ? {} : { ca: readCas(ksqlCa, tlsCaPassphrase ?? tlsPassphrase, 'PAYFLOW_KSQL_CA') }
  const { servername: _, ...options } = besideKnownCas({ ...tls, ...ca })
  return Object.keys(options).length > 0 ? options : undefined
}
