import { PayflowError } from '../errors.ts'
import { asPayflowError } from './errors.ts'
import type { Client } from './client.ts'
import { topicConfigs, type Config } from './configs.ts'

/** What a broker takes of one record batch by default (message.max.bytes), and the part of it that the batch's header takes. */
const DEFAULT_LIMIT = 1_048_588
const BATCH_HEADER_BYTES = 61
const SETTING = 'max.message.bytes'

/** The largest record batch that each topic takes: as the brokers' settings say it, or as their refusals have shown. */
export class TopicLimits {
  readonly #limits = new Map<string, number>()
  #least = DEFAULT_LIMIT

  /** Bytes of records that one batch may hold. */
  of(topic: string): number {
    return (this.#limits.get(topic) ?? DEFAULT_LIMIT) - BATCH_HEADER_BYTES
  }

  /** What a batch of any topic takes at least. */
  get least(): number {
    return this.#least - BATCH_HEADER_BYTES
  }

  set(topic: string, bytes: number): void {
    this.#least = Math.min(this.#least, bytes)
    this.#limits.set(topic, bytes)
  }

  /** Takes the limits from the settings of topics; where one may not be read, the default holds until a broker refuses something. */
  learn(settings: ReadonlyMap<string, Config>): void {
    for (const [topic, config] of settings) {
      const bytes = Number(config.get(SETTING))
      if (bytes > 0) this.set(topic, bytes)
    }
  }

  async read(client: Client, topics: readonly string[]): Promise<void> {
    this.learn(await topicConfigs(client, topics, [SETTING]))
  }

  /**
   * A broker refused a batch for its size: its topic's setting was changed, or could not be read. From now on less is sent at once.
   * @throws PayflowError when it was known to be too large, and had to be sent all the same
   */
  async refused(
    client: Client,
    topic: string,
    batch: { bytes: number; records: number; limitUsed: number },
    error: unknown,
  ): Promise<void> {
    if (batch.bytes > batch.limitUsed) throw takesNothing(topic, batch.bytes, error)
    await this.read(client, [topic])
    if (batch.bytes <= this.of(topic)) this.set(topic, BATCH_HEADER_BYTES + (batch.records > 1 ? batch.bytes >> 1 : batch.bytes - 1)) // prettier-ignore
  }
}

const takesNothing = (topic: string, bytes: number, error: unknown): PayflowError =>
  new PayflowError('LIMIT_TOO_SMALL', `${topic} refuses a record of ${bytes} bytes, without which nothing can be written: ${asPayflowError(error).message}`, {
    kind: 'failed',
    hint: `raise ${SETTING} of ${topic} with Kafka's kafka-configs, to 1048588 at least`,
    cause: error,
  }) // prettier-ignore
