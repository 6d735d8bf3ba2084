import { isOutputRecord, type OutputRecord } from '../events/output-record.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'

/** A record of an output, as it is to be written. */
export interface Outgoing {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: OutputRecord<unknown>['headers'] | undefined
}

/** What a step has returned as `emit`, once it is known to be right. */
export function outgoing({ output, outputs }: AnyWorker, emit: unknown): Outgoing[] {
  if (!outputs) return (emit as readonly unknown[]).map((each) => written(output, each))
  return Object.entries(emit as Readonly<Record<string, readonly unknown[] | undefined>>).flatMap(([name, events]) =>
    (events ?? []).map((each) => written(outputs[name]!, each)),
  )
}

function written(topic: TopicSpec, emitted: unknown): Outgoing {
  const record = isOutputRecord(emitted) ? emitted : undefined
  const event = record ? record.event : emitted
  const key = record?.key ?? topic.key(event)
  const headers = record && record.headers.length > 0 ? record.headers : undefined
  return { topic: topic.name, key, value: topic.shape.encode(event), headers }
}
