import { messageOf } from '../../errors.ts'
import { Fold } from '../../pipeline/testing/fold.ts'
import { isAsExpected } from '../../pipeline/testing/equal.ts'
import { sampleEvents } from '../../pipeline/testing/samples.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { hasNoKey } from '../../pipeline/events/define-topic.ts'
import { isOfFrozen } from '../../pipeline/worker/freeze.ts'
import { liesByRecordKey, meaningOfNull } from '../../pipeline/worker/null-values.ts'
import { NoRecordKey, RecordKey } from '../../pipeline/worker/keyed-record.ts'
import { placesOf, type PlaceOf } from '../../pipeline/worker/placement.ts'
import { StepFault } from '../../pipeline/worker/step-fault.ts'
import { watchingImpurity } from './impurity.ts'

/** What came of a worker's steps when they were given made-up events. */
export interface Trial {
  /** How many events the steps took. */
  readonly events: number
  /** Inputs for which no event could be made up. */
  readonly untried: readonly string[]
  /** Inputs whose state lies by the keys of their records: one without a key becomes a dead letter. */
  readonly byRecordKey: readonly string[]
  /** What would end the worker, or give wrong figures, whatever the events. */
  readonly faults: readonly string[]
  /** What may be right: a step threw, which it must not for any event that its topic may hold. */
  readonly doubts: readonly string[]
}

const SAMPLES = 16
const YEAR_MS = 366 * 86_400_000

interface Happened {
  readonly step: string
  readonly records: readonly unknown[]
  readonly rejected: readonly string[]
  readonly state: unknown
}

/**
 * Gives a custom worker's steps made-up events, twice the same ones. They are held to all that they are held to when they run, and to giving
 * the same results again: a step that uses the clock, random numbers, or anything that it keeps outside its state does not.
 */
export function tryOut(worker: AnyWorker): Trial {
  const samples = Object.entries(worker.inputs).map(([input, topic]) => ({ input, topic, events: sampleEvents(topic, SAMPLES) })) // prettier-ignore
  const untried = samples.filter(({ events }) => events.length === 0).map(({ input }) => input)
  const sequence = Array.from({ length: SAMPLES }, (_, i) => samples.flatMap(({ input, topic, events }) => i < events.length ? [{ input, topic, event: events[i] }] : [])).flat() // prettier-ignore
  const { first, second, used } = watchingImpurity((later) => ({
    first: runThrough(worker, sequence),
    second: later(() => runThrough(worker, sequence)),
  }))
  // of each step the first: the others say the same of other events, as a rule
  const failures = first.failures.filter((failure, i, all) => all.findIndex(({ step, isCertain }) => step === failure.step && isCertain === failure.isCertain) === i) // prettier-ignore
  return {
    events: sequence.length - first.failures.length,
    untried,
    byRecordKey: samples.filter(({ input, events }) => events.length > 0 && asksForKey(worker, input, events[0])).map(({ input }) => input), // prettier-ignore
    faults: [...failures.filter(({ isCertain }) => isCertain).map(({ message }) => message), ...differing(first.all, second.all, used)], // prettier-ignore
    doubts: failures.filter(({ isCertain }) => !isCertain).map(({ message }) => message),
  }
}

/** Whether the key of an event's state, or what it lies by, asks for that of its record. */
function asksForKey(worker: AnyWorker, input: string, event: unknown): boolean {
  const none = new RecordKey(() => null)
  const keys = Object.values(worker.states ?? { '': worker.state }).map((state) => state?.key[input] as PlaceOf | undefined) // prettier-ignore
  try {
    for (const textOf of [placesOf(worker)[input], ...keys]) textOf?.(event, none)
  } catch (error) {
    // any other error is one that the step's own trial tells of
    return error instanceof NoRecordKey
  }
  return liesByRecordKey(worker, input)
}

/** The key of a made-up event's record: that of its state where both must be the same, one of two where its topic says nothing, else its topic's. */
function madeUpKey(
  worker: AnyWorker,
  input: string,
  { topic, event, index }: { topic: AnyWorker['output']; event: unknown; index: number },
): string | undefined {
  const any = hasNoKey(topic) ? ['a', 'b'][index % 2]! : topic.key(event)
  if (liesByRecordKey(worker, input)) return placesOf(worker)[input]?.(event, { key: any })
  return hasNoKey(topic) ? any : undefined
}

interface Failure {
  readonly step: string
  readonly message: string
  readonly isCertain: boolean
}

function runThrough(
  worker: AnyWorker,
  sequence: readonly { readonly input: string; readonly topic: AnyWorker['output']; readonly event: unknown }[],
): { readonly all: readonly Happened[]; readonly failures: readonly Failure[] } {
  const fold = new Fold(worker)
  const failures: Failure[] = []
  const all: Happened[] = []
  const happen = (step: string, event: unknown, run: () => void): void => {
    try {
      run()
      all.push({ step, records: [...fold.records], rejected: [...fold.rejected], state: fold.lastState })
    } catch (error) {
      failures.push(failureOf(error, step, event))
    }
    fold.clear()
  }
  const keys = new Map<string, string>()
  for (const [i, { input, topic, event }] of sequence.entries())
    happen(`on.${input}`, event, () => {
      const key = madeUpKey(worker, input, { topic, event, index: i })
      if (key !== undefined) keys.set(input, key)
      fold.process({ topic, event, ...(key !== undefined && { record: { key } }) })
    })
  for (const [input, topic] of Object.entries(worker.inputs))
    if (meaningOfNull(worker, input) !== undefined) happen(`onNull.${input}`, null, () => fold.processNull({ topic, tombstone: { key: keys.get(input) ?? 'a' } })) // prettier-ignore
  if (Number.isFinite(fold.eventTime)) happen('onTime', undefined, () => fold.advance(fold.eventTime + YEAR_MS))
  return { all, failures }
}

function failureOf(error: unknown, step: string, event: unknown): Failure {
  const said = messageOf(error)
  if (isOfFrozen(error))
    return { step, isCertain: true, message: `${step} changes what it is given (${said}): it must return new objects` }
  if (error instanceof StepFault) return { step, isCertain: true, message: said }
  return { step, isCertain: false, message: `${step} throws ${JSON.stringify(said)} for ${textOf(event)}, which its topic may hold: that would end the worker` } // prettier-ignore
}

const MAX_EVENT = 200

function textOf(event: unknown): string {
  const text = JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) as string | undefined // prettier-ignore
  if (text === undefined) return 'no event'
  return text.length > MAX_EVENT ? `${text.slice(0, MAX_EVENT)}…` : text
}

/** The first step whose results were not the same the second time. Where it began is what counts: what follows from it differs too. */
function differing(first: readonly Happened[], second: readonly Happened[], used: readonly string[]): string[] {
  const at = first.findIndex((happened, i) => !isAsExpected(second[i], happened))
  if (at < 0 && first.length === second.length) return []
  const { step } = first[at] ?? second[first.length]!
  const why = used.length > 0 ? `it uses ${used.join(' and ')}` : 'it uses the clock or random numbers, or keeps something outside its state' // prettier-ignore
  return [`${step} gave another result for the same event and state: ${why}`]
}
