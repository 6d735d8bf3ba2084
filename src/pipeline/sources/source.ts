import type { TopicSpec } from '../events/topics.ts'
import { lanes } from './hash.ts'
import { uuidText } from './uuid.ts'

/** What producers write: a topic of each, by its name. */
export const kinds = ['orders', 'payments', 'users'] as const
export type Kind = (typeof kinds)[number]

export interface SourceOptions {
  readonly seed: number
  /** The time of event 0, in whole ms since 1970. */
  readonly startMs: number
  /** From one event to the next; need not be whole. */
  readonly intervalMs: number
}

/** An endless list of events. Event i is a pure function of the options and i: it is the same in every process, whatever was read before. */
export interface Source<Event = unknown> {
  readonly topic: TopicSpec<Event>
  event(i: number): Event
  /** What event i is on the wire. */
  json(i: number): string
  /** The key of event i. */
  key(i: number): string
}

export function sourceOf<Event>(topic: TopicSpec<Event>, event: (i: number) => Event): Source<Event> {
  let last = -1
  let lastEvent: Event
  // a producer asks for the text and then for the key of the same event
  const remembered = (i: number): Event => {
    if (i !== last) {
      lastEvent = event(i)
      last = i
    }
    return lastEvent
  }
  return {
    topic,
    event,
    json: (i) => topic.shape.encode(remembered(i)),
    key: (i) => topic.key(remembered(i)),
  }
}

/** The times of a source's events, in whole ms. */
export const clock =
  ({ startMs, intervalMs }: SourceOptions) =>
  (i: number): number =>
    Math.floor(startMs + i * intervalMs)

/** The ids of one kind of event. No two of 2^32 in a row are the same. */
export function ids(seed: number, kind: string): (i: number) => string {
  const lane = lanes(seed, `${kind} ids`)
  const [a, b, c, d] = [lane(0), lane(1), lane(2), lane(3)]
  return (i) => uuidText(a(i), b(i), c(i), d(i))
}
