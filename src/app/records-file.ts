import { isUtf8 } from 'node:buffer'
import { PayflowError, messageOf } from '../errors.ts'
import type { TimedRecord } from '../kafka/timed-buffers.ts'
import { pause } from '../pause.ts'
import { Pacer } from '../runtime/producers/pacer.ts'
import type { RecordWriter } from '../runtime/producers/record-writer.ts'
import { parseRecord, type RecordToWrite } from './record-json.ts'

export interface CopyOptions {
  /** Its name, for messages. */
  readonly source: string
  /** Instead of the topic that each record names. */
  readonly topic?: string | undefined
  /** Partitions are chosen by keys, whatever the records say. */
  readonly byKey: boolean
  /** Records a second; absent: as fast as it goes. */
  readonly rate?: number | 'max' | undefined
  readonly count?: number | undefined
  /** Aborted, what was read is written, and no more. */
  readonly signal: AbortSignal
  readonly onProgress: (copied: readonly Copied[]) => void
}

/** What was written of a topic, and acknowledged. */
export interface Copied {
  readonly topic: string
  readonly records: number
  /** Bytes of keys and values. */
  readonly bytes: number
  /** Of the oldest record that has a time; Infinity: none has. */
  readonly oldestMs: number
}

const BATCH_RECORDS = 10_000
const BATCH_BYTES = 4 << 20
const LONGEST_LINE = 256 << 20
const NEW_LINE = 10

/** A payflow worker's own topics, and Kafka's: what they hold is only right together with offsets that nobody copies. */
const isReserved = (topic: string): boolean => /^payflow-.+-(state|inbox)$|^__/.test(topic)

interface Placed {
  readonly topic: string
  readonly partition: number | undefined
  readonly record: TimedRecord
}

/** Reads lines of records and writes them, in their order. */
export class RecordsCopy {
  readonly #writer: RecordWriter
  readonly #options: CopyOptions
  readonly #copied = new Map<string, Copied>()
  #line = 0
  #unsent = new Map<string, Copied>()

  constructor(writer: RecordWriter, options: CopyOptions) {
    this.#writer = writer
    this.#options = options
  }

  get copied(): readonly Copied[] {
    return [...this.#copied.values()]
  }

  /** Looks at each line without writing anything. @throws PayflowError (failed) that names the first one that cannot be written */
  async check(chunks: AsyncIterable<Buffer>): Promise<void> {
    let left = this.#options.count ?? Infinity
    for await (const lines of linesOf(chunks))
      for (const line of lines) {
        if (left <= 0) return
        const placed = this.#placed(line)
        if (placed instanceof Promise) await placed
        if (placed !== undefined) left--
      }
    this.#line = 0
  }

  /** Returns when all is acknowledged. @throws PayflowError (failed) at a line that cannot be written: those before it are written then */
  async run(chunks: AsyncIterable<Buffer>): Promise<readonly Copied[]> {
    try {
      await this.#copy(chunks)
    } finally {
      await this.#send()
      await this.#writer.settled()
    }
    this.#options.onProgress(this.copied)
    return this.copied
  }

  async #copy(chunks: AsyncIterable<Buffer>): Promise<void> {
    const { signal, count = Infinity, rate = 'max' } = this.#options
    const pacer = new Pacer(rate, performance.now())
    let taken = 0
    for await (const lines of linesOf(chunks)) {
      for (const line of lines) {
        if (signal.aborted || taken >= count) return
        // a million lines are a million promises otherwise
        const found = this.#placed(line)
        const placed = found instanceof Promise ? await found : found
        if (!placed) continue
        if (rate !== 'max') await this.#until(pacer, taken)
        this.#writer.put(placed.topic, placed.partition, placed.record)
        this.#note(placed)
        taken++
        if (this.#writer.buffered.records >= BATCH_RECORDS || this.#writer.buffered.bytes >= BATCH_BYTES)
          await this.#send()
      }
      // what comes slowly is written as it comes
      if (!this.#writer.isBusy) await this.#send()
      if (taken >= count) return
    }
  }

  async #until(pacer: Pacer, index: number): Promise<void> {
    const waitMs = pacer.waitMs(index, performance.now())
    if (waitMs <= 0) return
    await this.#send()
    await pause(waitMs, this.#options.signal)
  }

  #note({ topic, record }: Placed): void {
    this.#unsent.set(topic, added(this.#unsent.get(topic) ?? nothingOf(topic), {
      ...{ topic, records: 1, bytes: (record.key?.length ?? 0) + (record.value?.length ?? 0) },
      oldestMs: record.timestampMs < 0 ? Infinity : record.timestampMs,
    })) // prettier-ignore
  }

  async #send(): Promise<void> {
    const sent = this.#unsent
    this.#unsent = new Map()
    await this.#writer.send(() => {
      for (const [topic, more] of sent)
        this.#copied.set(topic, added(this.#copied.get(topic) ?? nothingOf(topic), more))
      this.#options.onProgress(this.copied)
    })
  }

  /** Undefined for an empty line; a promise where its topic is new. */
  #placed(line: string): Placed | Promise<Placed> | undefined {
    this.#line++
    if (line.trim() === '') return undefined
    const record = this.#parsed(line)
    const topic = this.#options.topic ?? record.topic
    if (topic === undefined) throw this.#wrong('topic is missing', 'name one with --topic')
    if (isReserved(topic)) throw this.#wrong(`${topic} is not written by hand`, 'copy it to another topic with --topic')
    if (this.#writer.isKnown(topic)) return this.#placedIn(topic, record)
    return this.#writer.know(topic).then(() => this.#placedIn(topic, record))
  }

  /** @throws PayflowError (failed) when its topic does not take it */
  #placedIn(topic: string, record: RecordToWrite): Placed {
    const partition = this.#options.byKey ? undefined : record.partition
    const partitions = this.#writer.partitionsOf(topic)
    if (partition !== undefined && partition >= partitions)
      throw this.#wrong(
        `${topic} has no partition ${partition}, but ${partitions}`,
        'add partitions, or let keys decide with --by-key',
      )
    const { key, value, headers, timestampMs = Date.now() } = record
    const timed = { key, value, headers, timestampMs }
    if (!this.#writer.fits(topic, timed))
      throw this.#wrong(`the record is larger than ${topic} takes`, 'raise max.message.bytes of the topic')
    return { topic, partition, record: timed }
  }

  #parsed(line: string): RecordToWrite {
    try {
      return parseRecord(line)
    } catch (error) {
      throw this.#wrong(messageOf(error), 'each line is a record as `payflow tail --json` writes it')
    }
  }

  #wrong(message: string, hint: string): PayflowError {
    const { source } = this.#options
    return new PayflowError('RECORD_INVALID', `${source}, line ${this.#line}: ${message}`, { kind: 'failed', hint })
  }
}

const nothingOf = (topic: string): Copied => ({ topic, records: 0, bytes: 0, oldestMs: Infinity })

const added = (a: Copied, b: Copied): Copied => ({
  topic: a.topic,
  records: a.records + b.records,
  bytes: a.bytes + b.bytes,
  oldestMs: Math.min(a.oldestMs, b.oldestMs),
})

/** Lines, as many at once as a chunk completes. They end with \n alone: JSON may hold what others take for an end of a line. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEW_LINE)
    if (end < 0) {
      rest.push(chunk)
      restBytes += chunk.length
      if (restBytes > LONGEST_LINE) throw new PayflowError('RECORD_INVALID', 'The input has a line of more than 256 MiB', { kind: 'failed', hint: 'each line is one record' }) // prettier-ignore
      continue
    }
    const whole = Buffer.concat([...rest, chunk.subarray(0, end)])
    rest = [chunk.subarray(end + 1)]
    restBytes = rest[0]!.length
    yield textOf(whole).split('\n')
  }
  const last = Buffer.concat(rest)
  if (last.length > 0) yield [textOf(last)]
}

function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  throw new PayflowError('RECORD_INVALID', 'The input holds bytes that are not UTF-8', {
    kind: 'failed',
    hint: 'bytes that are no text are written as {"base64": …}, the way `payflow tail --json` writes them',
  })
}
