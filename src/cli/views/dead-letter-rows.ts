import { bytesInJson } from '../../app/record-json.ts'
import type { DeadLetter } from '../../app/dead-letters/dead-letter.ts'
import { timeText } from './dead-letter-view.ts'
import { visible } from '../../visible-text.ts'

export const letterHead = ['id', 'worker', 'topic', 'partition', 'offset', 'time', 'reason']

export function letterRow({ id, worker, reason, origin, refusedAtMs }: DeadLetter): string[] {
  const { topic, partition, offset } = origin
  return [id, worker, topic, String(partition), String(offset), timeText(refusedAtMs), visible(reason)]
}

/** What `--json` shows of a dead letter: `topic`, `partition`, `offset` and `timestamp` are where it was first read. */
export function letterDocument({ id, worker, reason, origin, refusedAtMs, record }: DeadLetter): object {
  return {
    id,
    worker,
    topic: origin.topic,
    partition: origin.partition,
    offset: origin.offset,
    timestamp: timeText(origin.timestamp),
    time: timeText(refusedAtMs),
    reason,
    replays: origin.replays,
    key: bytesInJson(origin.key),
    value: bytesInJson(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: bytesInJson(value) })),
  }
}
