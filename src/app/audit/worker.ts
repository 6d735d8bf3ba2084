import type { Connection } from '../../kafka/connection.ts'
import type { Place, Rule } from '../../pipeline/audit/rule.ts'
import { decodeRecord } from '../../pipeline/codec/decode.ts'
import { maxAheadOf, refusedAsAhead } from '../../pipeline/worker/max-ahead.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { orRefusal, RecordKey } from '../../pipeline/worker/keyed-record.ts'
import { meaningOfNull, otherKeyOf } from '../../pipeline/worker/null-values.ts'
import { placesOf, type PlaceOf } from '../../pipeline/worker/placement.ts'
import type { Cut, InputSpan, Span } from './cut.ts'
import { HandedOn } from './handed-on.ts'
import { originOf, originalKey } from './origin.ts'
import { Stream } from './stream.ts'
import type { AuditChoice, AuditHooks, WorkerAudit } from './worker-audit.ts'
import { partitionOf } from '../../kafka/partitioner.ts'
import type { RecordCursor } from '../../kafka/records.ts'

interface Source {
  readonly stream: Stream
  readonly take: (record: RecordCursor) => void
}

/** An input record on its way to the rule. */
interface Taken {
  readonly alias: string
  readonly place: Place
  readonly task: number
  readonly required: boolean
  /** When the record was written, where it was first read; in ms. */
  readonly writtenMs: number
  /** Of the record there. */
  readonly key: Buffer | null
}

/** An event, and the text that decides where its state lies; undefined where it has none. */
interface Placed {
  readonly event: unknown
  readonly text: string | undefined
}

const TOO_LARGE = /more than a record may have$/
const MAX_DIFFERENCES = 20

/** Holds one worker's outputs against its inputs, up to a cut. */
export class WorkerAuditor {
  readonly #connection: Connection
  readonly #cut: Cut
  readonly #worker: AnyWorker
  readonly #label: string
  readonly #hooks: AuditHooks
  readonly #tasks: number
  readonly #places: Readonly<Record<string, PlaceOf>>
  readonly #handedOn: HandedOn
  readonly #rule: Rule
  readonly #maxAheadMs: number
  readonly #total: number
  #read = 0
  #inputs = 0

  constructor(connection: Connection, cut: Cut, { worker, options, rule, label }: AuditChoice, hooks: AuditHooks) {
    this.#connection = connection
    this.#cut = cut
    this.#worker = worker
    this.#label = label ?? worker.name
    this.#hooks = hooks
    this.#tasks = Math.max(1, ...[...cut.inputs.values()].map((spans) => spans.length))
    this.#places = placesOf(worker)
    this.#handedOn = new HandedOn(worker)
    this.#maxAheadMs = maxAheadOf(options)
    this.#rule = rule({
      output: worker.output,
      options,
      unordered: this.#handedOn.unordered,
      partitionOf: (key) => partitionOf(key, Math.max(1, cut.outputs.length)),
      taskOf: (text) => partitionOf(text, this.#tasks),
    })
    const once = [...cut.inboxWritten, ...cut.deadLetters, ...[...cut.inputs.values()].flat(), ...cut.outputs]
    this.#total = offsetsIn(once) + this.#rule.aliases.length * offsetsIn(cut.inbox)
  }

  /** The inbox comes first: it says whose order is not known. Then what was refused, then the inputs. */
  async run(): Promise<WorkerAudit> {
    const { deadLetters, inboxWritten } = this.#cut
    const mayExcuse = (reason: string): boolean =>
      this.#alwaysExcuses(reason) || this.#rule.mayRefuse?.test(reason) === true
    this.#hooks.onRead(0, this.#total)
    for (const span of inboxWritten) await this.#drain(this.#source(span, (record) => this.#handedOn.foundInInbox(record, span.partition))) // prettier-ignore
    for (const span of deadLetters) await this.#drain(this.#source(span, (record) => this.#handedOn.foundDeadLetter(record, span.partition, mayExcuse))) // prettier-ignore
    for (const alias of this.#rule.aliases) {
      const sources = this.#sources(alias)
      if (alias === this.#rule.aliases.at(-1)) await this.#sideBySide(sources)
      else for (const source of sources) await this.#drain(source)
    }
    return this.#result()
  }

  #source(span: Span, take: (record: RecordCursor) => void): Source {
    return { stream: new Stream(this.#connection, span, this.#hooks.signal), take }
  }

  /** The records of an input, and those of it that came through the inbox. */
  #sources(alias: string): Source[] {
    const { inputs, inbox } = this.#cut
    const own = (inputs.get(alias) ?? []).map((span) => this.#source(span, (record) => this.#input(record, alias, span))) // prettier-ignore
    const used = inbox.filter(({ to }) => to > 0)
    return [...own, ...used.map((span) => this.#source(span, (record) => this.#fromInbox(record, alias, span)))]
  }

  async #drain({ stream, take }: Source): Promise<void> {
    while (!stream.done) await this.#readOn({ stream, take })
  }

  async #readOn({ stream, take }: Source): Promise<void> {
    this.#hooks.signal.throwIfAborted()
    this.#read += await stream.read(take)
    this.#hooks.onRead(this.#read, this.#total)
  }

  /** Outputs are read as far as the inputs explain them, so that little is open at any time. */
  async #sideBySide(inputs: readonly Source[]): Promise<void> {
    const outputs = this.#cut.outputs.map((span) =>
      this.#source(span, (record) => {
        const { offset } = record
        this.#rule.output({ partition: span.partition, offset, key: record.keyText(), text: record.valueText() })
      }),
    )
    const lead = ({ stream }: Source): number => this.#rule.lead(stream.span.partition)
    for (;;) {
      const open = outputs.filter(({ stream }) => !stream.done)
      const [behind] = open.filter((output) => lead(output) > 0).toSorted((a, b) => lead(b) - lead(a))
      const waiting = inputs.filter(({ stream }) => !stream.done)
      const [input] = waiting.toSorted((a, b) => a.stream.progress - b.stream.progress)
      const next = behind ?? input ?? open[0]
      if (!next) return
      await this.#readOn(next)
    }
  }

  #input(record: RecordCursor, alias: string, { topic, partition, required }: InputSpan): void {
    const place = { topic, partition, offset: record.offset }
    const taken = {
      alias,
      place,
      task: partition,
      required: record.offset < required,
      writtenMs: record.timestamp,
      key: record.key(),
    }
    if (taken.required) this.#inputs++
    const placed = this.#decode(record, taken)
    if (placed === undefined) return
    const { text } = placed
    const home = text === undefined ? partition : partitionOf(text, this.#tasks)
    if (home === partition || this.#isExcused(placed, taken)) this.#process(record, placed, taken)
    else this.#handedOn.expectStray(record, place, home, text!, taken.required)
  }

  #fromInbox(record: RecordCursor, alias: string, { topic, partition, required }: InputSpan): void {
    const origin = originOf(record.headers())
    const place = origin ?? { topic, partition, offset: record.offset }
    const writtenMs = origin?.writtenMs ?? record.timestamp
    const taken = {
      alias,
      place,
      task: partition,
      required: record.offset < required,
      writtenMs,
      key: originalKey(record.headers(), record.key()),
    }
    const names = Object.values(this.#worker.inputs).map(({ name }) => name)
    // What belongs to no input is refused too; it is looked at once.
    if (!names.includes(place.topic) && alias === this.#rule.aliases[0]) this.#refuse(record, taken)
    if (place.topic !== this.#worker.inputs[alias]!.name) return
    const placed = this.#decode(record, taken)
    // one that was replayed to the inbox of another partition is handed on again, and counts there
    if (placed === undefined) return
    const isHome = placed.text === undefined || partitionOf(placed.text, this.#tasks) === partition
    if (isHome || this.#isExcused(placed, taken)) this.#process(record, placed, taken)
  }

  /**
   * Bad input has no event; it must be a dead letter. So must an event that lies too far ahead of its record, and one that lacks the key that its
   * state lies by. A record without a value is what the worker says it is.
   */
  #decode(record: RecordCursor, taken: Taken): Placed | undefined {
    const spec = this.#worker.inputs[taken.alias]!
    const meaning = record.value() === null ? meaningOfNull(this.#worker, taken.alias) : undefined
    if (meaning === 'ignore') return undefined
    if (meaning !== undefined) return this.#placed(record, null, taken)
    const decoded = decodeRecord(spec, record.value())
    if ('event' in decoded) {
      const { event } = decoded
      if (refusedAsAhead(spec, spec.timeOf?.(event), taken.writtenMs, this.#maxAheadMs) === undefined) return this.#placed(record, event, taken) // prettier-ignore
    }
    this.#refuse(record, taken)
    return undefined
  }

  #placed(record: RecordCursor, event: unknown, taken: Taken): Placed | undefined {
    const text = orRefusal(() => this.#places[taken.alias]?.(event, new RecordKey(() => taken.key)))
    if ('value' in text) return { event, text: text.value }
    this.#refuse(record, taken)
    return undefined
  }

  #process(record: RecordCursor, placed: Placed, taken: Taken): void {
    if (this.#isExcused(placed, taken) || this.#hasOtherKey(placed, taken)) this.#refuse(record, taken)
    else if (this.#rule.input({ ...taken, ...placed, key: taken.key?.toString() ?? null })) this.#refuse(record, taken)
  }

  #hasOtherKey({ event }: Placed, { alias, key }: Taken): boolean {
    return event !== null && otherKeyOf(this.#worker, alias, event, new RecordKey(() => key)) !== undefined
  }

  #isExcused({ text }: Placed, { place }: Taken): boolean {
    const reason = this.#handedOn.excuseOf(place)
    if (reason === undefined) return false
    return this.#alwaysExcuses(reason) || (text !== undefined && this.#handedOn.unordered.has(text))
  }

  #alwaysExcuses(reason: string): boolean {
    return TOO_LARGE.test(reason) || this.#rule.mayRefuseAnyway?.test(reason) === true
  }

  #refuse(record: RecordCursor, { place, required }: Taken): void {
    this.#handedOn.expectDeadLetter(record, place, required)
  }

  #result(): WorkerAudit {
    const spans = [...this.#cut.inputs.values()].flat()
    // A worker that runs goes on handing records over after the cut.
    const isLater = ({ topic, partition, offset }: Place): boolean =>
      !this.#cut.exact && spans.some((span) => span.topic === topic && span.partition === partition && offset >= span.to) // prettier-ignore
    const found = this.#rule.findings()
    const handedOn = this.#handedOn.findings(isLater)
    return {
      worker: this.#label,
      inputs: this.#inputs,
      expected: found.expected,
      actual: found.actual,
      missing: found.missing + handedOn.missing,
      unexpected: found.unexpected + handedOn.unexpected,
      deadLetters: this.#handedOn.deadLetters,
      ...{ disordered: found.disordered, unjudged: found.unjudged, limited: found.limited },
      differences: [...found.differences, ...handedOn.differences].slice(0, MAX_DIFFERENCES),
    }
  }
}

const offsetsIn = (spans: readonly Span[]): number => spans.reduce((sum, { to }) => sum + to, 0)
