/** Keys of the Kafka protocol's requests. */
export declare const API: Readonly<
  Record<
    | 'produce'
    | 'fetch'
    | 'metadata'
    | 'heartbeat'
    | 'initProducerId'
    | 'addPartitionsToTxn'
    | 'addOffsetsToTxn'
    | 'endTxn'
    | 'txnOffsetCommit',
    number
  >
>

/** A TCP proxy in front of one broker that knows the protocol's frames, so that it can lose just the answer of one kind of request. */
export declare class Proxy {
  static inFrontOf(address: string): Promise<Proxy>
  readonly address: string
  /** Answers lost so far, by API key. */
  readonly lost: ReadonlyMap<number, number>
  /** Answers of which half has arrived so far, by API key. */
  readonly broken: ReadonlyMap<number, number>
  /** Requests at which the connection was cut so far, by API key. */
  readonly cutOff: ReadonlyMap<number, number>
  /** API key → ms for which its requests wait here, while all others pass. */
  readonly held: Map<number, number>
  /** Each frame is held up by so much, in ms. */
  delayMs: number
  /** What one connection lets through in each direction. */
  bytesPerSecond: number
  /** Nothing passes, in either direction, and nobody is told. */
  blackHole: boolean
  /** Connections open now. */
  get connections(): number
  /** `times` requests of this kind, after the next `after` ones, do not reach the broker: the connection that they come by is cut. */
  cutAt(apiKey: number, times: number, after?: number): void
  /** The next `times` answers to this kind of request do not arrive; the connection they were due on is cut. */
  loseAnswers(apiKey: number, times: number): void
  /** Of the next `times` answers to this kind of request one half arrives, and then the connection is cut. */
  breakAnswers(apiKey: number, times: number): void
  /** Cuts every connection. */
  cut(): void
  /** Cuts every connection and takes no new ones. */
  close(): void
}
