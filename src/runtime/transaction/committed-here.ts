import { OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { OffsetCommit } from '../producers/transactional.ts'

/** What this instance has committed as the member that it is: until it is another one, nobody else moves these offsets. */
export class CommittedHere {
  readonly #offsets = new OffsetMap()
  #memberId: string | undefined

  as(memberId: string): void {
    if (memberId !== this.#memberId) this.#offsets.clear()
    this.#memberId = memberId
  }

  add(offsets: readonly OffsetCommit[]): void {
    for (const { topic, partition, offset } of offsets) this.#offsets.set(OffsetMap.keyOf(topic, partition), offset)
  }

  /** 0: nothing of this partition. */
  upTo({ topic, partition }: TopicPartition): number {
    return this.#offsets.of(topic, partition) ?? 0
  }
}
