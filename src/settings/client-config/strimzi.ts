import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { usage } from '../refuse.ts'
import { namedIn, type ClientValues } from './meaning.ts'
import { parseJaas } from './jaas.ts'

const has = (directory: string, name: string): boolean => existsSync(join(directory, name))
const textOf = (directory: string, name: string): string => readFileSync(join(directory, name), 'utf8').trim()

/**
 * A directory where the secret of a Strimzi KafkaUser is mounted: `user.crt` and `user.key`, or `user.p12`, of a TLS user;
 * `sasl.jaas.config` of one with SCRAM-SHA-512. The operator's `ca.crt` of a TLS user is the clients' CA, not the cluster's,
 * unless somebody has put that there: it is taken only where no other CA is named.
 * @throws PayflowError (usage) when it is neither
 */
export function readStrimziUser(directory: string): ClientValues {
  const at = (name: string): { value: string; key: string } => ({ value: join(directory, name), key: name })
  const ca = has(directory, 'ca.crt') ? { tlsCa: { ...at('ca.crt'), weak: true as const } } : {}
  if (has(directory, 'user.crt') && has(directory, 'user.key'))
    return { tls: { value: 'on', key: 'user.crt' }, tlsCert: at('user.crt'), tlsKey: at('user.key'), ...ca }
  if (has(directory, 'user.p12') && has(directory, 'user.password')) {
    const tlsPassphrase = { value: textOf(directory, 'user.password'), key: 'user.password' }
    return { tls: { value: 'on', key: 'user.p12' }, tlsPfx: at('user.p12'), tlsPassphrase, ...ca }
  }
  if (has(directory, 'sasl.jaas.config')) {
    const key = 'sasl.jaas.config'
    const entry = parseJaas(textOf(directory, key))
    const named = entry && namedIn(entry, key)
    if (named?.saslUsername && named.saslPassword)
      return {
        ...('tlsCa' in ca && { tls: { value: 'on', key: 'ca.crt' }, ...ca }),
        saslMechanism: { value: 'scram-sha-512', key },
        ...named,
      }
  }
  throw usage(
    'CLIENT_CONFIG_INVALID',
    `${directory} is not the secret of a Strimzi user: it has neither user.crt with user.key, nor user.p12 with user.password, nor sasl.jaas.config`,
    'name a directory with these files, or a file of Kafka client properties',
  )
}
