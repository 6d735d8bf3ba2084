import type { ErrorCode } from '../../error-codes.ts'
import { PayflowError } from '../../errors.ts'
import type { Refusal, Standing } from './position-table.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/**
 * A task's position contradicts what it knows. A task that has been fenced meanwhile, or has slept, may see one where there is none:
 * only one that a complete new epoch finds again is true (`PositionDoubt`).
 */
export class PositionError extends PayflowError {
  /** What was found, and where. That the log has moved on meanwhile does not make it another. */
  readonly finding: string
  /** The log seems to end before the position. */
  readonly isBeyondEnd: boolean

  constructor(
    code: ErrorCode,
    { message, hint }: { message: string; hint: string },
    found: { finding: string; isBeyondEnd: boolean },
  ) {
    super(code, message, { kind: 'failed', hint })
    this.finding = found.finding
    this.isBeyondEnd = found.isBeyondEnd
  }
}

/** Who is refused where: what the sentences name. */
export interface Refused {
  /** How a command line names the worker. */
  readonly spelling: string
  readonly group: string
  readonly stateTopic: string
  readonly source: TopicPartition
}

/** Says what was found, and each way out that leads to right figures. */
export function refused(refusal: Refusal, at: number | undefined, standing: Standing, named: Refused): PositionError {
  const { spelling, group, stateTopic, source } = named
  const { recorded = 0, recordedId, id, start, end, stateful } = standing
  const where = `${source.topic}/${source.partition}`
  const found = {
    finding: `${refusal} at ${at} of ${where}, kept up to ${standing.recorded}`,
    isBeyondEnd: refusal === 'out-of-range' && (at ?? 0) > end,
  }
  const error = (code: ErrorCode, message: string, hint: string): PositionError =>
    new PositionError(code, { message, hint }, found)
  const reset = `\`payflow worker reset ${spelling}\``
  const move = (to: number | string): string =>
    `\`payflow groups reset ${group} --topic ${source.topic} --partition ${source.partition} --to ${to} --yes\``
  switch (refusal) {
    case 'moved':
      return error(
        'GROUP_MOVED',
        `${group} stands at offset ${at ?? 0} of ${where}, but its state was kept up to ${recorded}`,
        `somebody moved the group; rebuild the state with ${reset}, or put the group back with ${move(recorded)}`,
      )
    case 'state-lost':
      return error(
        'STATE_LOST',
        `${group} stands at offset ${at ?? 0} of ${where}, but ${stateTopic} holds nothing of it`,
        `its state was deleted, or somebody moved the group; rebuild it with ${reset}`,
      )
    case 'recreated':
      return error(
        'TOPIC_RECREATED',
        `${source.topic} was deleted and created again, and the state in ${stateTopic}/${source.partition} was kept up to offset ${recorded} of the topic before`,
        `rebuild the state from the new topic with ${reset}, or keep it and read the new topic from its start with ${move('start')}`,
      )
    case 'unknown':
      return error(
        'POSITION_UNKNOWN',
        `${group} has no offset in ${where} any more (expired or deleted), and without topic ids nothing tells whether it is still the topic that was read up to ${recorded}`,
        `if it is, put the group back with ${move(recorded)}; if not, begin again with ${reset}`,
      )
    case 'out-of-range': {
      const ways = [`begin again with ${reset}`]
      const isThere = recorded > 0 && recorded >= start && recorded <= end && (recordedId ?? id) === (id ?? recordedId)
      if (isThere && recorded !== at) ways.push(`put the group back with ${move(recorded)}`)
      else if ((at ?? 0) < start) ways.push(`go on with what is left with ${move('start')}`)
      else if (!stateful) ways.push(`move the group with ${move('OFFSET')}`)
      return error(
        'OFFSET_OUT_OF_RANGE',
        `${group} stands at offset ${at ?? 0} of ${where}, which is not there (deleted by retention, or the topic was re-created): it holds ${start} to ${end}`,
        ways.join(', or '),
      )
    }
  }
}
