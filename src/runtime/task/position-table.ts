/** What is known of one partition that a task is about to read. Offsets are the next to read. */
export interface Standing {
  /** The group's offset; undefined: it has none (new, expired, deleted). */
  readonly committed: number | undefined
  /** Up to where the task's progress record says that it has read; undefined: the record says nothing of this topic. */
  readonly recorded: number | undefined
  /** The topic's id when the progress record was written, and now; undefined where no id is known. */
  readonly recordedId: string | undefined
  readonly id: string | undefined
  /** First offset of the log, and the one after its last. */
  readonly start: number
  readonly end: number
  readonly stateful: boolean
  /** What is in an inbox was handed over once and for good: a new inbox contradicts no state. */
  readonly isInbox: boolean
}

/**
 * `moved`: the group is not where the state was kept. `state-lost`: the group has an offset, the state knows nothing of the topic.
 * `recreated`: the state is of an earlier topic of that name. `unknown`: the group has no offset, and whether the topic is the one that
 * was read cannot be known. `out-of-range`: the offset to go on at is not in the log.
 */
export type Refusal = 'moved' | 'state-lost' | 'recreated' | 'unknown' | 'out-of-range'
export type Decision = { readonly from: number } | { readonly refusal: Refusal; readonly at: number | undefined }

/** Where to begin, or why not to: the table in docs/internals/task.md, a pure function of what is known. */
export function decide(standing: Standing): Decision {
  const { committed, recorded, start, end } = standing
  const decision = recorded === undefined ? withoutRecord(standing) : withRecord(standing, recorded)
  if ('from' in decision && (decision.from < start || decision.from > end))
    return { refusal: 'out-of-range', at: committed ?? recorded }
  return decision
}

function withoutRecord({ committed, stateful, start }: Standing): Decision {
  if (committed === undefined) return { from: start }
  if (stateful && committed !== 0) return { refusal: 'state-lost', at: committed }
  return { from: committed }
}

function withRecord(standing: Standing, recorded: number): Decision {
  const { committed, stateful, isInbox, start } = standing
  const topic = topicOf(standing, recorded)
  if (topic === 'new') {
    // an offset that was read up to in the earlier topic says nothing of this one; any other was set by somebody
    const from = committed === undefined || committed === recorded ? start : committed
    const keepsAll = from === start && (committed === start || recorded === 0)
    return !stateful || isInbox || keepsAll ? { from } : { refusal: 'recreated', at: committed }
  }
  if (committed === undefined) {
    if (recorded === 0) return { from: start }
    return topic === 'same' ? { from: recorded } : { refusal: 'unknown', at: undefined }
  }
  // a state that was kept up to before the log's start is a state up to its start, once somebody says so
  const agrees = committed === recorded || (committed === start && recorded < start)
  return agrees || !stateful ? { from: committed } : { refusal: 'moved', at: committed }
}

/** Ids tell for certain. Without them: a log that ends before what was read, and whose offset the brokers have dropped, is another one. */
function topicOf({ recordedId, id, committed, end }: Standing, recorded: number): 'same' | 'new' | 'unknown' {
  if (recordedId !== undefined && id !== undefined) return recordedId === id ? 'same' : 'new'
  return committed === undefined && recorded > end ? 'new' : 'unknown'
}
