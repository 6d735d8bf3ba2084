import type { Shape } from './shape.ts'

/** A topic of events: its name, what an event looks like, and the text of its key (which decides its partition). */
export interface TopicSpec<Event = unknown> {
  readonly name: string
  readonly shape: Shape<Event>
  readonly key: (event: Event) => string
  /** The user an event belongs to; absent for events of no user. */
  readonly userOf?: (event: Event) => number
}
