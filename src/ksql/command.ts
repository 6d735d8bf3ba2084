import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { KsqlClient, StreamsProperties } from './client.ts'
import { NoAnswer } from './http.ts'
import { KsqlRefusal, wordsOf } from './refusal.ts'
import type { CommandStatus, Entity, ServerInfo } from './replies.ts'

export interface Patience {
  /** How long a server that does not answer at all is waited for at first: it may just be starting. */
  readonly answerMs: number
  /** How long a server may take to start, or to come back. */
  readonly startMs: number
  /** How long a command may take, its wait for others included. */
  readonly commandMs: number
  readonly pollMs: number
}
const usualPatience: Patience = { answerMs: 5_000, startMs: 60_000, commandMs: 180_000, pollMs: 500 }

export interface CommandOptions {
  readonly signal: AbortSignal
  readonly report: (line: string) => void
  readonly log: Log
  readonly patience?: Patience
}

export interface Command {
  /** What it does, for messages: `create KSQL_ORDERS`. */
  readonly title: string
  readonly sql: string
  readonly properties?: StreamsProperties
  /** Whether a refusal says that the command was executed already: before the server broke off, say. */
  readonly isDone: (refusal: KsqlRefusal) => Promise<boolean> | boolean
}

const isAway = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof KsqlRefusal && error.isStarting)

/**
 * Waits until the server serves requests. One that was `seen` before may take longer to answer at all.
 * @throws the error that says why it does not
 */
export async function waitUntilReady(
  client: KsqlClient,
  { signal, report, log, patience = usualPatience }: CommandOptions,
  { seen = false }: { seen?: boolean } = {},
): Promise<ServerInfo> {
  const beganMs = performance.now()
  for (let announced = false; ; announced = true) {
    try {
      return await client.info(signal)
    } catch (error) {
      const silent = error instanceof NoAnswer && !seen
      const patienceMs = silent ? patience.answerMs : patience.startMs
      if (!isAway(error) || performance.now() - beganMs > patienceMs) throw error
      log('debug', 'ksqldb-away', { error: messageOf(error) })
      if (!announced) report('waiting for ksqlDB to start')
    }
    await sleep(patience.pollMs, undefined, { signal })
  }
}

/**
 * Sends one command and waits until it was executed: an answer of 200 only says that it was taken. A server that goes away in
 * between is waited for and asked again; one that is busy with another command, too.
 * @throws KsqlRefusal, or PayflowError when it takes too long or the server stays away
 */
export async function runCommand(client: KsqlClient, command: Command, options: CommandOptions): Promise<void> {
  const { signal, report, log, patience = usualPatience } = options
  const deadlineMs = performance.now() + patience.commandMs
  for (;;) {
    signal.throwIfAborted()
    try {
      if (await attempt(client, command, options, deadlineMs)) return
      report(`${command.title}: ksqlDB forgot how far it was; asking again`)
    } catch (error) {
      log('debug', 'ksql-command-failed', { title: command.title, error: messageOf(error) })
      if (error instanceof KsqlRefusal && error.isBlocked) {
        if (performance.now() > deadlineMs) throw error
        report(`${command.title}: another command blocks ksqlDB; trying again`)
      } else if (isAway(error)) {
        report(`${command.title}: ksqlDB went away; waiting for it`)
        await waitUntilReady(client, options, { seen: true })
      } else throw error
    }
    await sleep(patience.pollMs, undefined, { signal })
  }
}

/** @returns false when the server does not know the command any more */
async function attempt(
  client: KsqlClient,
  command: Command,
  { signal, report, log, patience = usualPatience }: CommandOptions,
  deadlineMs: number,
): Promise<boolean> {
  const answer = await take(client, command, signal)
  if (!answer) return true
  const { title } = command
  const { commandId } = answer
  let status: CommandStatus | undefined = answer.commandStatus
  for (let announced = false; ; announced = true) {
    log('debug', 'ksql-command', { title, commandId, status: status?.status ?? 'unknown' })
    if (status === undefined) return false
    if (status.status === 'SUCCESS') return true
    if (status.status === 'ERROR' || status.status === 'TERMINATED') throw failed(title, status)
    if (performance.now() > deadlineMs) throw hangs(title, status, patience.commandMs)
    if (!announced) report(`${title}: ${status.status.toLowerCase()}`)
    await sleep(patience.pollMs, undefined, { signal })
    status = await client.status(commandId, signal)
  }
}

/** @returns undefined when the command was executed already */
async function take(
  client: KsqlClient,
  { sql, properties = {}, isDone }: Command,
  signal: AbortSignal,
): Promise<Entity<'currentStatus'> | undefined> {
  try {
    return client.expect(await client.run(sql, properties, signal), 'currentStatus')
  } catch (error) {
    const final = error instanceof KsqlRefusal && !error.isBlocked && !error.isStarting
    if (final && (await isDone(error))) return undefined
    throw error
  }
}

const failed = (title: string, { message, status }: CommandStatus): PayflowError =>
  new PayflowError('KSQL_COMMAND_FAILED', `ksqlDB could not ${title} (${status}): ${wordsOf(message)}`, {
    kind: 'failed',
    hint: "look into ksqlDB's log, then run this again: what exists as described is left alone",
  })

const hangs = (title: string, { status, message }: CommandStatus, waitedMs: number): PayflowError =>
  new PayflowError(
    'KSQL_HANGS',
    `ksqlDB has not finished to ${title} after ${waitedMs / 1000} s (${status}: ${wordsOf(message)})`,
    {
      kind: 'failed',
      hint: 'it goes on by itself, or needs a restart: look with `payflow ksql status`, then run this again',
    },
  )
