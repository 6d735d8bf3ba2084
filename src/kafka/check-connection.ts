import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { findingOf, type Check, type CheckFinding } from '../check.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { formatAddress, splitAddress } from '../settings/address.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import type { Client } from './client.ts'
import { clockDifference } from './clock.ts'
import { probe } from './probe.ts'
import { checkReachable, whyUnreachable } from './reachable.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, openSocket, openTlsSocket } from './sockets.ts'

const ms = (began: number): string => `${Math.round(performance.now() - began)} ms`

/** Goes one step of a connection after the other. Returns a line for each that was reached: `TCP: connected (1 ms)`. */
async function phasesOf(address: string, settings: ConnectionSettings, signal: AbortSignal): Promise<string[]> {
  const at = splitAddress(address)
  const lines: string[] = []
  let began = performance.now()
  try {
    const found = await lookup(at.host, { all: true })
    lines.push(`DNS: ${[...new Set(found.map((one) => one.address))].join(', ')} (${ms(began)})`)
    began = performance.now()
    const socket = settings.tls ? openTlsSocket(at, settings.tls) : openSocket(at)
    try {
      await inTime(once(socket, 'connect'), settings, signal)
      lines.push(`TCP: connected (${ms(began)})`)
      began = performance.now()
      if (settings.tls) {
        await inTime(once(socket, 'secureConnect'), settings, signal)
        lines.push(`TLS: ${tlsIn(socket as TLSSocket)} (${ms(began)})`)
      }
    } finally {
      socket.destroy()
    }
    began = performance.now()
    const { kind, detail } = await probe(address, settings, signal)
    lines.push(`API: ${kind === 'kafka' ? 'a broker answers' : detail} (${ms(began)})`)
  } catch (error) {
    lines.push(`then: ${messageOf(error)} (${ms(began)})`)
  }
  return lines
}

function tlsIn(socket: TLSSocket): string {
  const { subject, valid_to: until } = socket.getPeerCertificate()
  const name = (subject as { CN?: string } | undefined)?.CN
  return `${socket.getProtocol() ?? 'TLS'}, certificate of ${name ?? 'no name'}, valid until ${until}`
}

async function inTime(event: Promise<unknown>, settings: ConnectionSettings, signal: AbortSignal): Promise<void> {
  const timeoutMs = settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
  const ended = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).then(() =>
    Promise.reject(new Error(`nothing happened within ${timeoutMs / 1000} s`)),
  )
  late.catch(() => undefined)
  await Promise.race([event, late]).finally(() => ended.abort())
}

/** The way to each of the addresses that were given, phase by phase, and a login at one of them. */
export async function checkConnection(settings: ConnectionSettings, signal: AbortSignal): Promise<Check> {
  const ways = await Promise.all(
    settings.brokers.map(async (address) => ({ address, lines: await phasesOf(address, settings, signal) })),
  )
  const evidence = ways.flatMap(({ address, lines }) => lines.map((line) => `${address}: ${line}`))
  try {
    const { brokers } = await checkReachable(settings)
    const login = settings.sasl ? `, logged in with ${settings.sasl.mechanism}` : ''
    const found = ways.map(({ address, lines }) => `${address}: ${lines.join(', ')}`).join('; ')
    return { name: 'connection', summary: `${found}${login}; ${brokers.length} in the cluster`, findings: [] } // prettier-ignore
  } catch (error) {
    if (!(error instanceof PayflowError)) throw error
    return { name: 'connection', summary: `no way to ${settings.brokers.join(', ')}`, findings: [findingOf(error, evidence)] } // prettier-ignore
  }
}

/** Where the brokers tell clients to go, held against where we came in: each must be reachable from here. */
export async function checkAdvertised(client: Client, settings: ConnectionSettings): Promise<Check> {
  const { brokers } = await client.shared.cluster()
  const advertised = brokers.map((broker) => `broker ${broker.nodeId} at ${formatAddress(broker)}`)
  const evidence = [`bootstrap: ${settings.brokers.join(', ')}`, `advertised: ${advertised.join(', ')}`]
  const error = await whyUnreachable(settings)
  const findings: CheckFinding[] = error ? [findingOf(error, evidence)] : []
  return { name: 'advertised', summary: evidence.join('; '), findings }
}

/** Retention, windows of time and `message.timestamp.before.max.ms` go wrong when clocks are further apart. */
const CLOCKS_MS = 1_000

/** `sameMachine`: the brokers run here, by the same clock. */
export async function checkClock(client: Client, { sameMachine }: { sameMachine: boolean }): Promise<Check> {
  if (sameMachine) return { name: 'clock', summary: 'the brokers run on this machine, by its clock', findings: [] }
  const found = await clockDifference(client.shared)
  if (!found) return { name: 'clock', summary: 'not known: brokers with ZooKeeper do not tell their time', findings: [], unknown: true } // prettier-ignore
  const { aheadMs, toleranceMs } = found
  const much = `${Math.abs(Math.round(aheadMs)).toLocaleString('en')} ms`
  const summary = `the cluster's is ${much} ${aheadMs < 0 ? 'behind' : 'ahead'} (±${Math.ceil(toleranceMs)} ms)`
  if (Math.abs(aheadMs) - toleranceMs < CLOCKS_MS) return { name: 'clock', summary, findings: [] }
  const what = `This machine's clock and the cluster's differ by ${much}`
  const hint = 'keep both by NTP (`timedatectl status`): records carry the clock of the machine that writes them'
  return { name: 'clock', summary, findings: [{ severity: 'warning', what, evidence: [summary], hint }] }
}
