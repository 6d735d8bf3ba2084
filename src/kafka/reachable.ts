import type { ConnectionSettings } from '../settings/connection.ts'
import type { ErrorCode } from '../error-codes.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { isConnectionError } from './errors.ts'
import type { Finding } from './finding.ts'
import { loginFault } from './login.ts'
import { probe } from './probe.ts'
import { describeBrokers, type ClusterDescription } from './readiness.ts'
import { noteSilenceAt } from './kafkajs/silence.ts'

/** For the answer of a broker that has shown already that it is one. */
const METADATA_TIMEOUT_MS = 4_000

/**
 * Returns who is in the cluster when a broker answers at one of the addresses and can be reached where it says it is.
 * @throws PayflowError (infra) within ten seconds that says what is at each address instead
 */
export async function checkReachable(settings: ConnectionSettings): Promise<ClusterDescription> {
  const bootstrap = await probeAll(settings.brokers, settings)
  const answering = bootstrap.filter(isKafka).map(({ address }) => address)
  if (answering.length === 0) throw unreachable(bootstrap)
  const cluster = await describeBy(answering, settings)
  const elsewhere = cluster.brokers.filter((address) => !answering.includes(address))
  if (elsewhere.length < cluster.brokers.length || elsewhere.length === 0) return cluster
  const advertised = await probeAll(elsewhere, settings)
  if (!advertised.some(isKafka)) throw unreachableAsAdvertised(answering, advertised)
  return cluster
}

/** Who is in the cluster, as these addresses say it; or the others, for who answered a moment ago may have died since. */
async function describeBy(answering: readonly string[], settings: ConnectionSettings): Promise<ClusterDescription> {
  try {
    return await describeBrokers({ ...settings, brokers: answering }, METADATA_TIMEOUT_MS)
  } catch (error) {
    const others = settings.brokers.filter((address) => !answering.includes(address))
    const found = isUnanswered(error) && others.length > 0 ? (await probeAll(others, settings)).filter(isKafka) : []
    if (found.length > 0) return describeBy(found.map(({ address }) => address), { ...settings, brokers: others }) // prettier-ignore
    if (error instanceof PayflowError) throw error
    throw (await loginFault(answering[0]!, settings, error)) ?? unanswered(answering, error)
  }
}

/** What is in the way of a connection that failed: brokers that cannot be reached where they say they are. Undefined: nothing any more. */
export async function whyUnreachable(settings: ConnectionSettings): Promise<PayflowError | undefined> {
  try {
    const { brokers } = await checkReachable(settings)
    const found = await Promise.all(brokers.map((address) => probe(address, settings, new AbortController().signal)))
    const away = found.filter((finding) => !isKafka(finding))
    return away.length > 0 ? unreachableAsAdvertised(settings.brokers, away) : undefined
  } catch (error) {
    if (error instanceof PayflowError) return error
    throw error
  }
}

const isUnanswered = (error: unknown): boolean =>
  isConnectionError(error) || (error instanceof PayflowError && error.code === 'UNREACHABLE')

const isKafka = ({ kind }: Finding): boolean => kind === 'kafka'

/** Looks at all addresses at once; once a broker is found, the others are not waited for, and asked last by whoever connects. */
async function probeAll(addresses: readonly string[], settings: ConnectionSettings): Promise<Finding[]> {
  const found = new Map<string, Finding>()
  const enough = new AbortController()
  const probes = addresses.map(async (address) => {
    const finding = await probe(address, settings, enough.signal)
    if (!enough.signal.aborted) found.set(address, finding)
    if (isKafka(finding)) enough.abort()
  })
  await Promise.all(probes)
  for (const address of addresses) if (found.get(address)?.kind !== 'kafka') noteSilenceAt(address)
  return addresses.flatMap((address) => found.get(address) ?? [])
}

const hints: Readonly<Record<Exclude<Finding['kind'], 'kafka'>, string>> = {
  untrusted:
    "name the file with the CA's certificate: --tls-ca FILE (PAYFLOW_TLS_CA), PEM or PKCS#12; or the file of your provider: --client-config FILE",
  expired: "renew the broker's certificate, or set this machine's clock right",
  name: 'name the broker as its certificate does; where that cannot be, --tls-server-name NAME, or --tls-verify issuer to check everything but the name',
  'client-certificate':
    'name a certificate that the broker trusts, and its key: --tls-cert and --tls-key (PEM), or --tls-pfx (PKCS#12)',
  'tls-failed': 'see which versions of TLS and which ciphers the listener takes (payflow: TLS 1.2 and 1.3)',
  plaintext: 'name a port of the broker that speaks TLS, or say --tls off (PAYFLOW_TLS)',
  tls: 'connect with TLS: --tls on, with --tls-ca FILE where the CA is your own; or --client-config with the file that your provider gave you',
  http: 'name the port of the broker (usually 9092); ksqlDB is named with --ksql-url',
  other: 'name the port of the broker (usually 9092) with --brokers HOST:PORT',
  closes: 'name the port of the broker (usually 9092) with --brokers HOST:PORT; if it is the right one, see its log',
  silent:
    'a broker that hangs or is not up yet, or another server: name the port of the broker (usually 9092) with --brokers HOST:PORT',
  unresolved: 'check the name in --brokers, and how this machine resolves names (/etc/hosts, DNS)',
  unreachable: 'start one with `payflow infra up`, or name yours with --brokers HOST:PORT',
}
const codes: Partial<Record<Finding['kind'], ErrorCode>> = {
  untrusted: 'CERTIFICATE_UNTRUSTED',
  expired: 'CERTIFICATE_EXPIRED',
  name: 'CERTIFICATE_NAME',
  'client-certificate': 'CLIENT_CERTIFICATE',
  'tls-failed': 'TLS_FAILED',
  plaintext: 'TLS_UNEXPECTED',
  tls: 'TLS_EXPECTED',
  http: 'NOT_KAFKA',
  other: 'NOT_KAFKA',
}
/** A TLS server answers, but no connection comes about. */
const tlsKinds: readonly Finding['kind'][] = ['untrusted', 'expired', 'name', 'client-certificate', 'tls-failed', 'plaintext'] // prettier-ignore
/** Where addresses differ, what tells most comes first. */
const byMeaning = Object.keys(hints) as (keyof typeof hints)[]

const kindOf = (findings: readonly Finding[]): keyof typeof hints =>
  byMeaning.find((each) => findings.some((finding) => finding.kind === each)) ?? 'unreachable'

function unreachable(findings: readonly Finding[]): PayflowError {
  const kind = kindOf(findings)
  const named = findings.map(({ address, detail }) => `${address} (${detail})`).join(', ')
  const code = codes[kind] ?? 'UNREACHABLE'
  const what = tlsKinds.includes(kind) ? 'No TLS connection to' : 'No Kafka broker answers at'
  return new PayflowError(code, `${what} ${named}`, { kind: 'infra', hint: hints[kind] })
}

function unreachableAsAdvertised(bootstrap: readonly string[], findings: readonly Finding[]): PayflowError {
  const named = findings.map(({ address, detail }) => `${address} (${detail})`).join(', ')
  const hosts = findings.map(({ address }) => address).join(', ')
  const kind = kindOf(findings)
  const code = tlsKinds.includes(kind) ? codes[kind] : undefined
  return new PayflowError(
    code ?? 'ADVERTISED_UNREACHABLE',
    `A broker answers at ${bootstrap.join(', ')}, but tells clients to use ${named}`,
    {
      kind: 'infra',
      hint: code
        ? hints[kind]
        : `advertised.listeners of the broker must name an address that this machine can reach; or make ${hosts} reachable from here`,
    },
  )
}

const unanswered = (answering: readonly string[], error: unknown): PayflowError =>
  new PayflowError('UNREACHABLE', `The broker at ${answering.join(', ')} does not say who is in its cluster (${messageOf(error)})`, {
    kind: 'infra',
    hint: 'it may be starting: try again; see its log',
    cause: error,
  }) // prettier-ignore
