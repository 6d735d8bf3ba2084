import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findJava } from '../../src/infra/local/java.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { log4jProperties, renderProperties } from '../../src/infra/local/properties.ts'
import { startService } from '../../src/infra/local/services.ts'
import { withLock } from '../../src/infra/lock.ts'
import { freePort } from '../../src/infra/ports.ts'
import { waitForBrokers } from '../../src/kafka/readiness.ts'
import { createCertificates, storePassword, type Certificates } from './certificates.ts'
import { cachedJars, removeHome } from './local-broker.ts'

/**
 * `admin` may do everything, and so may whoever comes by `plaintext` or with a token for `admin`; `alice` and `bob` may do
 * nothing until an ACL says so. The same names and passwords for SCRAM and PLAIN.
 */
export const passwords = { admin: 'admin-pass-1', alice: 'alice-pass-1', bob: 'bob-pass-1' } as const

/** What each listener wants of a client. All but `plaintext` and `open` speak TLS. */
const listeners = {
  plaintext: 'PLAINTEXT',
  /** SCRAM-SHA-256, SCRAM-SHA-512, PLAIN or OAUTHBEARER (unsigned tokens), over TLS. */
  secure: 'SASL_SSL',
  /** SCRAM-SHA-512 alone, without TLS. */
  open: 'SASL_PLAINTEXT',
  /** A certificate of the client. */
  mutual: 'SSL',
  /** Its own certificate has expired. */
  expired: 'SSL',
  /** Its own certificate is for other names. */
  misnamed: 'SSL',
  /** Sends clients to 127.0.0.2, for which its certificate is not. */
  astray: 'SSL',
} as const
export type Listener = keyof typeof listeners

export interface SecuredBroker {
  /** `host:port` of each listener. */
  readonly addresses: Readonly<Record<Listener, string>>
  readonly certificates: Certificates
}

const mechanisms = 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER'
const names = Object.keys(listeners) as Listener[]
const upper = (name: string): string => name.toUpperCase()

function jaas(): Record<string, string> {
  const users = Object.entries(passwords).map(([user, password]) => `user_${user}="${password}"`).join(' ') // prettier-ignore
  const module = (name: string, options = ''): string => `org.apache.kafka.common.security.${name} required ${options};`
  return {
    'listener.name.secure.plain.sasl.jaas.config': module('plain.PlainLoginModule', users),
    'listener.name.secure.scram-sha-256.sasl.jaas.config': module('scram.ScramLoginModule'),
    'listener.name.secure.scram-sha-512.sasl.jaas.config': module('scram.ScramLoginModule'),
    'listener.name.secure.oauthbearer.sasl.jaas.config': module('oauthbearer.OAuthBearerLoginModule', 'unsecuredLoginStringClaim_sub="admin"'), // prettier-ignore
    'listener.name.open.scram-sha-512.sasl.jaas.config': module('scram.ScramLoginModule'),
  }
}

/** A single node of KRaft with an authorizer. */
function propertiesOf(
  ports: Readonly<Record<Listener | 'controller', number>>,
  { trustStore, stores }: Certificates,
): Record<string, string | number | boolean> {
  const bound = (name: Listener): string => (name === 'astray' ? '0.0.0.0' : '127.0.0.1')
  const advertised = (name: Listener): string => (name === 'astray' ? '127.0.0.2' : '127.0.0.1')
  return {
    'node.id': 1,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: [...names.map((name) => `${upper(name)}://${bound(name)}:${ports[name]}`), `CONTROLLER://127.0.0.1:${ports.controller}`].join(), // prettier-ignore
    'advertised.listeners': names.map((name) => `${upper(name)}://${advertised(name)}:${ports[name]}`).join(),
    'listener.security.protocol.map': [...names.map((name) => `${upper(name)}:${listeners[name]}`), 'CONTROLLER:PLAINTEXT'].join(), // prettier-ignore
    'log.dirs': 'data/secured',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin',
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'ssl.keystore.location': stores.broker,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': storePassword,
    'ssl.key.password': storePassword,
    'ssl.truststore.location': trustStore,
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.password': storePassword,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.expired.ssl.keystore.location': stores.expired,
    'listener.name.misnamed.ssl.keystore.location': stores.misnamed,
    'sasl.enabled.mechanisms': mechanisms,
    'listener.name.open.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    ...jaas(),
  }
}

const notePath = (home: string): string => join(home, 'secured.json')

/**
 * Starts the broker in `home`, or finds the one that runs there: all test processes share it. `more`: further properties. `removeSecuredBroker` ends it.
 */
export async function startSecuredBroker(
  home: string,
  more: Readonly<Record<string, string | number | boolean>> = {},
  jars?: string,
): Promise<SecuredBroker> {
  const layout = layoutOf(home)
  for (const directory of [layout.run, layout.logs, layout.data]) await mkdir(directory, { recursive: true })
  return withLock(join(home, 'secured.lock'), { report: () => undefined }, async () => {
    if (existsSync(notePath(home))) return JSON.parse(await readFile(notePath(home), 'utf8')) as SecuredBroker
    if (!existsSync(layout.jars)) await symlink(jars ?? (await cachedJars()), layout.jars)
    await writeFile(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
    const certificates = createCertificates(layout.run)
    const ports = await freePorts([...names, 'controller'])
    const properties = renderProperties({ ...propertiesOf(ports, certificates), ...more })
    const java = await findJava(process.env)
    format(java, home, properties)
    startService(layout, 'kafka-1', ports.plaintext, {
      java,
      env: process.env,
      jvmOptions: ['-Xmx384m', '-XX:+UseSerialGC'],
      mainClass: 'kafka.Kafka',
      properties,
      run: undefined,
    })
    const addresses = Object.fromEntries(names.map((name) => [name, `localhost:${ports[name]}`])) as Record<Listener, string> // prettier-ignore
    await waitForBrokers({ brokers: [addresses.plaintext] }, 1, 90_000)
    const broker = { addresses, certificates }
    await writeFile(notePath(home), JSON.stringify(broker))
    return broker
  })
}

export async function removeSecuredBroker(home: string): Promise<void> {
  if (existsSync(home)) await removeHome(home)
  await rm(home, { recursive: true, force: true })
}

async function freePorts<Name extends string>(of: readonly Name[]): Promise<Record<Name, number>> {
  const found = new Map<Name, number>()
  for (const name of of) {
    let port = await freePort()
    while ([...found.values()].includes(port)) port = await freePort()
    found.set(name, port)
  }
  return Object.fromEntries(found) as Record<Name, number>
}

/** Writes the cluster's id and the SCRAM users to the log directory. */
function format(java: string, home: string, properties: string): void {
  const layout = layoutOf(home)
  const users = Object.entries(passwords).flatMap(
    ([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]), // prettier-ignore
  )
  const file = join(layout.run, 'format.properties')
  writeFileSync(file, properties)
  const tool = ['-Dlog4j.configuration=file:run/log4j.properties', '-Dpayflow.log=logs/format.log', '-cp', `${layout.jars}/*`, 'kafka.tools.StorageTool'] // prettier-ignore
  const args = ['format', '--config', file, '--cluster-id', 'c2VjdXJlZC1wYXlmbG93dw', ...users]
  execFileSync(java, [...tool, ...args], { cwd: home, env: process.env, stdio: 'pipe' })
}
