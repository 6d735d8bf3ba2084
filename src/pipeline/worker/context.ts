import type { HeaderRead, Origin } from './origin-headers.ts'

/** What a record carries besides its event, and where it lies. One that was handed on: where it was first read. */
export interface RecordContext {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** When the record was written, in ms since 1970; -1 when it does not say. */
  readonly timestamp: number
  /** As text; null when it has none. */
  readonly key: string | null
  /** In their order; a name may come more than once. */
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** The text of the last header of this name; undefined when there is none. */
  readonly header: (name: string) => string | undefined
  /** The greatest timestamp of the events that this task has taken, this one included, in ms: Kafka Streams' stream time. -Infinity while none had one. */
  readonly eventTime: number
}

/** What a context is made of; read only when a step asks. */
export interface ContextSource {
  origin(): Origin
  headers(): readonly HeaderRead[]
}

export class StepContext implements RecordContext {
  readonly eventTime: number
  readonly #source: ContextSource
  #origin: Origin | undefined
  #headers: readonly HeaderRead[] | undefined

  constructor(source: ContextSource, eventTime: number) {
    this.#source = source
    this.eventTime = eventTime
  }

  get topic(): string {
    return this.#at.topic
  }

  get partition(): number {
    return this.#at.partition
  }

  get offset(): number {
    return this.#at.offset
  }

  get timestamp(): number {
    return this.#at.timestamp
  }

  get key(): string | null {
    return this.#at.key?.toString() ?? null
  }

  /** Without payflow's own. */
  get headers(): readonly HeaderRead[] {
    return (this.#headers ??= this.#source.headers().filter(({ key }) => !key.startsWith('payflow.')))
  }

  /** A step may take it out of its context. */
  readonly header = (name: string): string | undefined =>
    this.headers.findLast(({ key }) => key === name)?.value?.toString()

  get #at(): Origin {
    return (this.#origin ??= this.#source.origin())
  }
}
