import { PayflowError, messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { asPayflowError, classify } from '../../kafka/errors.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { Scan, type ScanSpan, type Visit } from '../../kafka/scan.ts'
import { pause } from '../../pause.ts'
import { AwayPartitions } from './away.ts'
import type { TailPlan, TailWish } from './plan.ts'
import { TopicChanges } from './topic-changes.ts'

export interface TailHooks {
  /** Called for each record, in the order in which they are shown; false: enough. */
  readonly visit: Visit
  /** What was visited is to be written; returns when there is room for more. */
  readonly flush: () => Promise<void>
  /** One line about what changes while it is read. */
  readonly note: (line: string) => void
  readonly signal: AbortSignal
}

const RETRY_MS = 100
/** How long brokers that do not answer are asked again, where nothing is followed. */
const PATIENCE_MS = 30_000
const TROUBLE_AFTER_MS = 4_000

/** Reads what a plan says, until its end or until the signal is aborted. Follows topics that grow, go away and come back. */
export async function runTail(client: Client, wish: TailWish, plan: TailPlan, hooks: TailHooks): Promise<void> {
  const { isolation } = wish
  const connection = client.connect()
  const scan = new Scan(connection, plan.spans, { isolation, untilMs: plan.untilMs })
  const isOpen = plan.spans.some(({ to }) => to === Infinity)
  const changes = new TopicChanges(client, plan.topics, { only: wish.partitions, isOpen, note: hooks.note })
  const trouble = new Trouble(hooks.note, isOpen ? Infinity : PATIENCE_MS)
  const away = new AwayPartitions(client, wish, plan.away)
  if (away.text !== undefined) hooks.note(`${away.text}; ${isOpen ? 'read when one does' : 'left out'}`)
  const outOfRange = new Set<ScanSpan>()
  try {
    while (!hooks.signal.aborted) {
      try {
        const round = await scan.round(hooks.visit, (at) => outOfRange.add(at))
        await hooks.flush()
        if (round === 'enough' || (round === 'done' && !changes.isWaiting)) break
        if (round === 'done') await pause(RETRY_MS, hooks.signal)
        await changes.look(scan, { now: outOfRange.size > 0 })
        for (const at of outOfRange) await moveInto(client, scan, at, hooks.note)
        outOfRange.clear()
        if (isOpen) {
          for (const span of away.take()) takeIn(scan, { ...span, topicId: changes.idOf(span.topic) }, hooks.note)
          for (const line of away.news()) hooks.note(line)
        }
        trouble.over()
      } catch (error) {
        await hooks.flush()
        await connection.forget(error)
        trouble.met(error)
        await changes.look(scan, { now: true }).catch((reason: unknown) => trouble.met(reason))
        await pause(RETRY_MS, hooks.signal)
      }
    }
    if (!isOpen && !hooks.signal.aborted) away.finish()
  } finally {
    await connection.close()
  }
}

function takeIn(scan: Scan, span: ScanSpan, note: (line: string) => void): void {
  // a topic that was created again meanwhile is read from its start
  if (scan.positions.of(span.topic, span.partition) !== undefined) return
  scan.put(span)
  note(`${span.topic}/${span.partition} is read from offset ${span.from} on`)
}

/** A position that is not in the log: retention has passed it, or the log was cut. */
async function moveInto(client: Client, scan: Scan, at: ScanSpan, note: (line: string) => void): Promise<void> {
  const { topic, partition, from, to } = at
  if (scan.positions.of(topic, partition) !== from) return // a topic that was created again is read from its start
  const [starts, ends] = await Promise.all([
    listOffsets(client.shared, [at], 'earliest'),
    listOffsets(client.shared, [at], 'latest'),
  ])
  const start = starts.of(topic, partition) ?? 0
  const end = ends.of(topic, partition) ?? start
  if (from >= start && from <= end) return
  const next = from < start ? start : end
  note(
    from < start
      ? `${topic}/${partition}: offsets ${from} to ${start - 1} were deleted before they were read`
      : `${topic}/${partition} ends at offset ${end} now, before ${from}: records were lost`,
  )
  scan.put({ ...at, from: next, to: to === Infinity ? to : Math.min(to, Math.max(end, next)) })
}

/** Says once that nothing can be read for a while, and when that is over. */
class Trouble {
  readonly #note: (line: string) => void
  readonly #patienceMs: number
  #sinceMs: number | undefined
  #said = false

  constructor(note: (line: string) => void, patienceMs: number) {
    this.#note = note
    this.#patienceMs = patienceMs
  }

  /** @throws PayflowError when no repetition helps, or patience is over */
  met(error: unknown): void {
    const now = performance.now()
    this.#sinceMs ??= now
    const lastsMs = now - this.#sinceMs
    if (error instanceof PayflowError || classify(error) !== 'retriable' || lastsMs > this.#patienceMs)
      throw asPayflowError(error)
    if (this.#said || lastsMs < TROUBLE_AFTER_MS) return
    this.#said = true
    this.#note(`Nothing can be read since ${Math.round(lastsMs / 1000)} s: ${messageOf(error)}; it is tried again`)
  }

  over(): void {
    if (this.#said) this.#note('It is read again')
    this.#said = false
    this.#sinceMs = undefined
  }
}
