import { didYouMean } from '../../did-you-mean.ts'
import { usage } from '../refuse.ts'
import type { ConnectionSettingName } from '../table.ts'
import { isElsewhere } from './elsewhere.ts'
import { parseJaas, type JaasEntry } from './jaas.ts'

/** A setting's value, and the key of the file that says so. */
export interface ClientValue {
  readonly value: string
  readonly key: string
  /** Whatever names the setting itself counts more. */
  readonly weak?: true
}
export type ClientValues = Partial<Record<ConnectionSettingName, ClientValue>>

/** Keys whose value is a setting's as it stands. Of several, the first that is there counts. */
const direct: readonly (readonly [string, ConnectionSettingName])[] = [
  ['bootstrap.servers', 'brokers'],
  ['metadata.broker.list', 'brokers'],
  ['ssl.truststore.location', 'tlsCa'],
  ['ssl.truststore.certificates', 'tlsCa'],
  ['ssl.ca.location', 'tlsCa'],
  ['ssl.ca.pem', 'tlsCa'],
  ['ssl.truststore.password', 'tlsCaPassphrase'],
  ['ssl.keystore.location', 'tlsPfx'],
  ['ssl.keystore.certificate.chain', 'tlsCert'],
  ['ssl.certificate.location', 'tlsCert'],
  ['ssl.certificate.pem', 'tlsCert'],
  ['ssl.keystore.key', 'tlsKey'],
  ['ssl.key.location', 'tlsKey'],
  ['ssl.key.pem', 'tlsKey'],
  ['ssl.keystore.password', 'tlsPassphrase'],
  ['ssl.key.password', 'tlsPassphrase'],
  ['sasl.username', 'saslUsername'],
  ['sasl.password', 'saslPassword'],
]

const interpreted = ['security.protocol', 'sasl.mechanism', 'sasl.mechanisms', 'sasl.jaas.config', 'ssl.endpoint.identification.algorithm', 'enable.ssl.certificate.verification'] // prettier-ignore

/** Node's TLS decides these; stores are recognised by what is in them. */
const DECIDED =
  /^(ssl\.(cipher\.suites|enabled\.protocols|protocol|provider|providers|secure\.random\.implementation|(trust|key)manager\.algorithm|(trust|key)store\.type|ca\.certificate\.stores|curves\.list|sigalgs\.list)|security\.providers|sasl\.(kerberos|login\.(re|connect|read|retry))\.?.*|https\..*)$/

const TOKENS =
  'payflow gets tokens from a command: say sasl.mechanism=OAUTHBEARER here, and the command in --sasl-token-command (PAYFLOW_SASL_TOKEN_COMMAND)'

/** What payflow cannot do, by key: to leave it out would not be what the file says. */
const unsupported: readonly (readonly [RegExp, string])[] = [
  [/^sasl\.(login|client)\.callback\.handler\.class$|^sasl\.login\.class$/, TOKENS],
  [/^(sasl\.oauthbearer\..*|enable\.sasl\.oauthbearer\.unsecure\.jwt)$/, TOKENS],
  [/^ssl\.(crl\.location|engine\.(id|location|factory\.class))$/, 'payflow has no counterpart to it: leave it out if you can do without'],
] // prettier-ignore

const known = [...direct.map(([key]) => key), ...interpreted]

/** @throws PayflowError (usage) that names the first key which is unknown, or that payflow cannot do */
export function meaningOf(path: string, properties: ReadonlyMap<string, string>): ClientValues {
  for (const key of properties.keys()) checkKey(path, key)
  const protocol = protocolOf(path, properties)
  const values: ClientValues = { tls: { value: protocol.tls, key: 'security.protocol' } }
  for (const [key, name] of direct) {
    const value = properties.get(key)
    const says = value !== undefined && value !== '' && !(key === 'ssl.ca.location' && value === 'probe')
    if (says && isUsed(name, protocol)) values[name] ??= { value, key }
  }
  return {
    ...values,
    ...(protocol.tls === 'on' && verification(path, properties)),
    ...(protocol.sasl && login(path, properties)),
  }
}

function checkKey(path: string, key: string): void {
  if (known.includes(key) || DECIDED.test(key)) return
  const reason = unsupported.find(([keys]) => keys.test(key))?.[1]
  if (reason !== undefined) throw usage('CLIENT_CONFIG_UNSUPPORTED', `${path} says ${key}, which payflow cannot do`, reason) // prettier-ignore
  if (!isElsewhere(key) && !key.startsWith('topic.'))
    throw usage('CLIENT_CONFIG_UNKNOWN_KEY', `Unknown key "${key}" in ${path}`, didYouMean(key, known))
}

interface Protocol {
  readonly tls: 'on' | 'off'
  readonly sasl: boolean
}

/** As Kafka's clients have it, no protocol is PLAINTEXT; a login or certificates beside none are a mistake. */
function protocolOf(path: string, properties: ReadonlyMap<string, string>): Protocol {
  const text = properties.get('security.protocol')
  const [, sasl, security] = /^(SASL_)?(SSL|PLAINTEXT)$/i.exec(text ?? 'PLAINTEXT') ?? []
  if (security === undefined)
    throw usage('CLIENT_CONFIG_INVALID', `${path}: security.protocol cannot be "${text ?? ''}"`, 'allowed: PLAINTEXT, SSL, SASL_SSL or SASL_PLAINTEXT') // prettier-ignore
  const vain = [...properties.keys()].find((key) => /^(sasl\.(mechanisms?|jaas|user)|ssl\.(ca|truststore))/.test(key))
  if (text === undefined && vain !== undefined)
    throw usage('CLIENT_CONFIG_INVALID', `${path} says ${vain}, but no security.protocol: Kafka's clients would connect without it`, `add security.protocol=${vain.startsWith('sasl') ? 'SASL_SSL' : 'SSL'}`) // prettier-ignore
  return { tls: security.toUpperCase() === 'SSL' ? 'on' : 'off', sasl: sasl !== undefined }
}

function isUsed(name: string, { tls, sasl }: Protocol): boolean {
  return !(tls === 'off' && name.startsWith('tls')) && !(!sasl && name.startsWith('sasl'))
}

function verification(path: string, properties: ReadonlyMap<string, string>): ClientValues {
  const [all, name] = ['enable.ssl.certificate.verification', 'ssl.endpoint.identification.algorithm']
  if (/^(false|f|0)$/i.test(properties.get(all) ?? '')) return { tlsVerify: { value: 'none', key: all } }
  const algorithm = properties.get(name)
  if (algorithm === undefined || algorithm.toLowerCase() === 'https') return {}
  if (algorithm === '' || algorithm.toLowerCase() === 'none') return { tlsVerify: { value: 'issuer', key: name } }
  throw usage('CLIENT_CONFIG_INVALID', `${path}: ${name} cannot be "${algorithm}"`, 'allowed: https, none or nothing')
}

const mechanisms: Readonly<Record<string, RegExp>> = {
  plain: /^PlainLoginModule$/,
  'scram-sha-256': /^ScramLoginModule$/,
  'scram-sha-512': /^ScramLoginModule$/,
  oauthbearer: /^OAuthBearerLoginModule$/,
}

function login(path: string, properties: ReadonlyMap<string, string>): ClientValues {
  const key = properties.has('sasl.mechanism') ? 'sasl.mechanism' : 'sasl.mechanisms'
  const text = properties.get(key)
  if (text === undefined)
    throw usage('CLIENT_CONFIG_INVALID', `${path} says no sasl.mechanism: Kafka's clients would take GSSAPI`, 'add sasl.mechanism=PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER') // prettier-ignore
  const mechanism = text.trim().toLowerCase()
  const module = mechanisms[mechanism]
  if (module === undefined)
    throw usage('CLIENT_CONFIG_UNSUPPORTED', `${path} says ${key}=${text}, which payflow cannot do`, mechanism === 'aws_msk_iam' ? TOKENS : 'allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER') // prettier-ignore
  return {
    saslMechanism: { value: mechanism, key },
    ...(properties.has('sasl.jaas.config') && jaasLogin(path, properties.get('sasl.jaas.config')!, text, module)),
  }
}

function jaasLogin(path: string, text: string, mechanism: string, wanted: RegExp): ClientValues {
  const key = 'sasl.jaas.config'
  const entry = parseJaas(text)
  if (entry === undefined)
    throw usage('CLIENT_CONFIG_INVALID', `${path}: ${key} cannot be read`, 'write it as org.apache.kafka.common.security.….LoginModule required username="…" password="…";') // prettier-ignore
  if (!wanted.test(entry.module))
    throw usage('CLIENT_CONFIG_INVALID', `${path}: ${key} has a ${entry.module}, which does not go with the mechanism ${mechanism}`, 'make the two agree') // prettier-ignore
  return namedIn(entry, key)
}

/** User and password of a login module, as far as it has them. */
export function namedIn({ options }: JaasEntry, key: string): ClientValues {
  const [username, password] = [options.get('username'), options.get('password')]
  return {
    ...(username !== undefined && { saslUsername: { value: username, key } }),
    ...(password !== undefined && { saslPassword: { value: password, key } }),
  }
}
