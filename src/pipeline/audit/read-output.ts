import { decodeText } from '../codec/decode.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { FoundOutput } from './rule.ts'

/** The event of an output record; undefined when it holds none. */
export function readOutput<Event>(topic: TopicSpec<Event>, { text }: FoundOutput): Event | undefined {
  const decoded = decodeText(topic, text ?? '')
  return 'event' in decoded ? decoded.event : undefined
}
