import type { AnyWorker } from './definition.ts'
import type { Outgoing } from './emission.ts'
import type { StateStore } from './state.ts'

/** `record`: of a checked worker's output, which may be another one of several, and have headers. */
export type Fits = (to: 'output' | 'state', key: string, value: string, record?: Outgoing) => boolean

export interface ExecutionOptions {
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly state: Pick<StateStore, 'get' | 'find' | 'set' | 'due' | 'refuseDue' | 'horizon'>
  /** Takes an output event, as its key and JSON text; of a checked worker with all that is to be written. */
  readonly emit: (key: string, value: string, record?: Outgoing) => void
  /**
   * Whether steps are held to what their types promise: what they are given is frozen, and what they return must be what a reader gets back.
   * On for custom workers, which may be plain JavaScript, and in every test. The built-in workers run without: it would cost more
   * than the steps themselves, and changes nothing about them, as unit/pipeline/worker/execution proves for each.
   */
  readonly checked: boolean
  /** The greatest timestamp taken before, in ms; -Infinity when there is none. */
  readonly eventTime?: number
  /** How many timers an event makes fire at once; the others with `fire`, before the next event. By default all of them. */
  readonly timersAtOnce?: number
  /** Whether timers that the event before made fire are still to fire; by default not. */
  readonly isFiring?: boolean
  /** Whether its topic takes a record of this key and text; by default, what a broker with default settings takes. */
  readonly fits?: Fits
  /** Whether the size of this key's state has to be looked at before it is kept; by default that of all. */
  readonly measuresState?: (key: string) => boolean
}
