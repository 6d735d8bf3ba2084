import { checkWorker } from './check.ts'
import { normalWorker } from './define-worker.ts'
import { maxAheadOption } from './max-ahead.ts'
import { DEAD_LETTERS, publicTopics, type TopicSpec } from '../events/topics.ts'
import { outputsOf, type AnyWorker } from './definition.ts'

/**
 * A definition that somebody wrote for payflow to run. What its steps are given and give back is looked at each time (see `Execution`).
 * @throws Error that says what is missing or wrong
 */
export function ownWorker(value: unknown, file: string, builtIn: readonly AnyWorker[]): AnyWorker {
  const worker = normalWorker(checkWorker(value))
  refuseForeign(worker, builtIn)
  refuseCommonOptions(worker)
  return { ...worker, file }
}

/** Every worker has these options already. */
function refuseCommonOptions({ name, options = {} }: AnyWorker): void {
  const flagOf = (flag: string): string => flag.split(' ')[0]!
  for (const [key, { flag }] of Object.entries(options))
    if (key === 'maxAhead' || flagOf(flag) === flagOf(maxAheadOption.flag))
      throw new Error(
        `Option ${key} of worker ${name} cannot be ${flagOf(flag)}: every worker has ${flagOf(maxAheadOption.flag)}`,
      )
}

/** What payflow's own workers write is theirs alone: two writers of one topic are no longer once. */
function refuseForeign(worker: AnyWorker, builtIn: readonly AnyWorker[]): void {
  const { name } = worker
  if (builtIn.some((other) => other.name === name)) throw new Error(`name "${name}" is the name of a built-in worker: use another one`) // prettier-ignore
  for (const output of outputsOf(worker)) refuseForeignOutput(output, builtIn)
}

function refuseForeignOutput(output: TopicSpec, builtIn: readonly AnyWorker[]): void {
  const owner = builtIn.find((other) => other.output.name === output.name)
  if (owner)
    throw new Error(`output ${output.name} is what payflow's own worker ${owner.name} writes: use another topic`)
  const isTaken = publicTopics.some((topic) => topic.name === output.name) || output.name === DEAD_LETTERS
  if (isTaken || /^(payflow-|ksql_|_)/.test(output.name)) throw new Error(`output ${output.name} is a topic that others write: use another name`) // prettier-ignore
}
