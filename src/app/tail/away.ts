import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { asPayflowError } from '../../kafka/errors.ts'
import { listOffsets, type Position } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { ScanSpan } from '../../kafka/scan.ts'
import type { TailWish } from './plan.ts'

const ASK_MS = 2_000

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** Partitions that nobody answered for when the reading began. Somebody who leads them is asked for in the background, so that the others go on. */
export class AwayPartitions {
  readonly #client: Client
  readonly #wish: TailWish
  #left: readonly TopicPartition[]
  #found: ScanSpan[] = []
  readonly #whys = new Map<TopicPartition, string>()
  #news: string[] = []
  #asking = false
  #askedMs = performance.now()

  constructor(client: Client, wish: TailWish, away: readonly TopicPartition[]) {
    this.#client = client
    this.#wish = wish
    this.#left = away
  }

  get text(): string | undefined {
    if (this.#left.length === 0) return undefined
    return `${this.#left.map(nameOf).join(', ')}: no broker that leads ${this.#left.length === 1 ? 'it' : 'them'} answers`
  }

  /** What can be read since the last call. */
  take(): readonly ScanSpan[] {
    const found = this.#found
    this.#found = []
    if (!this.#asking && this.#left.length > 0 && performance.now() - this.#askedMs > ASK_MS) void this.#ask()
    return found
  }

  /** Why partitions stay away, each reason once. */
  news(): readonly string[] {
    const news = this.#news
    this.#news = []
    return news
  }

  async #ask(): Promise<void> {
    this.#asking = true
    await Promise.all(this.#left.map((at) => this.#askFor(at)))
    this.#askedMs = performance.now()
    this.#asking = false
  }

  /** What was written while nobody looked is not known: what comes is read from its end on, unless a place was asked for. */
  async #askFor(at: TopicPartition): Promise<void> {
    try {
      this.#found.push({ ...at, from: await this.#beginningOf(at), to: Infinity })
      this.#left = this.#left.filter((each) => each !== at)
    } catch (error) {
      // asked again, whatever it is
      const why = asPayflowError(error).message
      if (this.#whys.get(at) !== why) this.#news.push(`${nameOf(at)} is not read yet: ${why}`)
      this.#whys.set(at, why)
    }
  }

  async #beginningOf(at: TopicPartition): Promise<number> {
    const { from, isolation } = this.#wish
    const ask = async (position: Position): Promise<number> =>
      (await listOffsets(this.#client.shared, [at], position)).of(at.topic, at.partition) ?? 0
    const [start, end] = await Promise.all([ask('earliest'), ask(isolation === 'read_committed' ? 'stable' : 'latest')])
    if (from?.at === 'start') return start
    if (from?.at === 'offset') return Math.min(Math.max(start, from.offset), end)
    const atTime = from?.at === 'time' ? await ask(from.ms) : -1
    return atTime < 0 ? end : Math.min(atTime, end)
  }

  /** @throws PayflowError (infra) when something was not read that should have been */
  finish(): void {
    const text = this.text
    if (text !== undefined)
      throw new PayflowError('NO_LEADER', `Not all was read. ${text}`, {
        kind: 'infra',
        hint: `start the brokers that hold it; see \`payflow topics describe ${this.#left[0]!.topic}\``,
      })
  }
}
