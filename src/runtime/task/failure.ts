import { PayflowError } from '../../errors.ts'
import { classify, isConnectionError } from '../../kafka/errors.ts'
import type { RestartReason } from '../events.ts'
import { StateFault } from '../state/task-state.ts'
import { Undone } from '../transaction/part.ts'
import { StepError } from './step-error.ts'

/** Why a task begins again after an error. */
export function reasonOf(error: unknown): RestartReason {
  if (classify(error) === 'fenced') return 'fenced'
  if (error instanceof Undone || error instanceof StateFault) return 'undone'
  return isConnectionError(error) ? 'connection' : 'broker'
}

/** What a new start would only meet again. */
export const isFinal = (error: unknown): boolean =>
  !(error instanceof Undone) && !(error instanceof StateFault) && isHopeless(error)

const isHopeless = (error: unknown): boolean =>
  error instanceof StepError || error instanceof PayflowError || classify(error) === 'fatal'
