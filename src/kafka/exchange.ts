/** What a broker understands, by API key. */
export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>

/** The bytes of a request behind its header. */
export interface Encoded {
  /** Of kafkajs: shows its framing that this is an encoder. */
  readonly buf: Buffer
  readonly buffer: {
    readonly length: number
    copy(target: Buffer, targetStart: number): number
  }
}

export interface EncodableRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  encode(): Promise<Encoded>
}

/** One request to a broker in one version of the protocol, and how its answer is read. */
export interface Exchange<Result, Decoded = unknown> {
  readonly request: EncodableRequest
  readonly response: {
    /** The answer behind its correlation id. */
    decode(payload: Buffer): Promise<Decoded>
    /** @throws the error that the broker answered with */
    parse(decoded: Decoded): Promise<Result>
  }
  /** Milliseconds; the larger of this and the transport's own request timeout applies. */
  readonly requestTimeout?: number
  readonly logResponseError?: boolean
}
