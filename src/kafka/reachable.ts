import type { ConnectionSettings } from '../settings/connection.ts'
import type { ErrorCode } from '../error-codes.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { isConnectionError } from './errors.ts'
import { probe, type Finding } from './probe.ts'
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
  const cluster = await describeBrokers({ ...settings, brokers: answering }, METADATA_TIMEOUT_MS).catch(
    (error: unknown) => {
      throw error instanceof PayflowError ? error : unanswered(answering, error)
    },
  )
  const elsewhere = cluster.brokers.filter((address) => !answering.includes(address))
  if (elsewhere.length < cluster.brokers.length || elsewhere.length === 0) return cluster
  const advertised = await probeAll(elsewhere, settings)
  if (!advertised.some(isKafka)) throw unreachableAsAdvertised(answering, advertised)
  return cluster
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
  tls: 'payflow cannot use TLS yet: name a listener of the broker without it (PLAINTEXT)',
  http: 'name the port of the broker (usually 9092); ksqlDB is named with --ksql-url',
  other: 'name the port of the broker (usually 9092) with --brokers HOST:PORT',
  closes: 'name the port of the broker (usually 9092) with --brokers HOST:PORT; if it is the right one, see its log',
  silent:
    'a broker that hangs or is not up yet, or another server: name the port of the broker (usually 9092) with --brokers HOST:PORT',
  unresolved: 'check the name in --brokers, and how this machine resolves names (/etc/hosts, DNS)',
  unreachable: 'start one with `payflow infra up`, or name yours with --brokers HOST:PORT',
}
const codes: Partial<Record<string, ErrorCode>> = { tls: 'TLS_EXPECTED', http: 'NOT_KAFKA', other: 'NOT_KAFKA' }
/** Where addresses differ, what tells most comes first. */
const byMeaning = Object.keys(hints) as (keyof typeof hints)[]

function unreachable(findings: readonly Finding[]): PayflowError {
  const kind = byMeaning.find((each) => findings.some((finding) => finding.kind === each)) ?? 'unreachable'
  const named = findings.map(({ address, detail }) => `${address} (${detail})`).join(', ')
  const code = codes[kind] ?? 'UNREACHABLE'
  return new PayflowError(code, `No Kafka broker answers at ${named}`, { kind: 'infra', hint: hints[kind] })
}

function unreachableAsAdvertised(bootstrap: readonly string[], findings: readonly Finding[]): PayflowError {
  const named = findings.map(({ address, detail }) => `${address} (${detail})`).join(', ')
  const hosts = findings.map(({ address }) => address).join(', ')
  return new PayflowError(
    'ADVERTISED_UNREACHABLE',
    `A broker answers at ${bootstrap.join(', ')}, but tells clients to use ${named}`,
    {
      kind: 'infra',
      hint: `advertised.listeners of the broker must name an address that this machine can reach; or make ${hosts} reachable from here`,
    },
  )
}

/** A broker that wants a login ends the connection of a client that asks for anything before it. */
function unanswered(answering: readonly string[], error: unknown): PayflowError {
  const at = answering.join(', ')
  return isConnectionError(error) && /closed connection/i.test(messageOf(error))
    ? new PayflowError(
        'LOGIN_EXPECTED',
        `The broker at ${at} closes the connection at the first request: it expects a login (SASL)`,
        {
          kind: 'infra',
          hint: 'payflow cannot log in yet: name a listener of the broker without it (PLAINTEXT)',
          cause: error,
        },
      )
    : new PayflowError('UNREACHABLE', `The broker at ${at} does not say who is in its cluster (${messageOf(error)})`, {
        kind: 'infra',
        hint: 'it may be starting: try again; see its log',
        cause: error,
      })
}
