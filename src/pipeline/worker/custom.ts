import { checkKey, checkResult } from './check-result.ts'
import { checkWorker } from './check.ts'
import { shown } from '../codec/fields.ts'
import { DEAD_LETTERS, publicTopics } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'

type Step = (...given: never[]) => unknown

/**
 * A definition that somebody wrote for payflow to run. What it gives back is looked at each time: nothing else tells plain JavaScript that
 * a field's name is misspelt, and state that cannot be read again would only show after a restart.
 * @throws Error that says what is missing or wrong
 */
export function ownWorker(value: unknown, file: string, builtIn: readonly AnyWorker[]): AnyWorker {
  const worker = checkWorker(value)
  refuseForeign(worker, builtIn)
  const checked = <Of extends Step>(step: Of, name: string): Of =>
    ((...given: never[]) => {
      const result = step(...given)
      checkResult(worker, name, result)
      return result
    }) as Of
  const { on, state, onTime, dueAt } = worker
  const steps = Object.fromEntries(Object.entries(on).map(([alias, step]) => [alias, checked(step, `on.${alias}`)]))
  return {
    ...worker,
    file,
    on: steps,
    ...(state && { state: { ...state, key: checkedKeys(state.key) } }),
    ...(onTime && { onTime: checked(onTime, 'onTime') }),
    ...(dueAt && { dueAt: checkedDueAt(dueAt) }),
  }
}

/** What payflow's own workers write is theirs alone: two writers of one topic are no longer once. */
function refuseForeign({ name, output }: AnyWorker, builtIn: readonly AnyWorker[]): void {
  if (builtIn.some((other) => other.name === name)) throw new Error(`name "${name}" is that of a worker that payflow brings: use another one`) // prettier-ignore
  const owner = builtIn.find((other) => other.output.name === output.name)
  if (owner)
    throw new Error(`output ${output.name} is what payflow's own worker ${owner.name} writes: use another topic`)
  const isTaken = publicTopics.some((topic) => topic.name === output.name) || output.name === DEAD_LETTERS
  if (isTaken || /^(payflow-|ksql_|_)/.test(output.name)) throw new Error(`output ${output.name} is a topic that others write: use another name`) // prettier-ignore
}

type State = NonNullable<AnyWorker['state']>

function checkedKeys(keys: State['key']): State['key'] {
  return Object.fromEntries(
    Object.entries(keys).map(([alias, keyOf]) => [
      alias,
      (event: never) => {
        const key = keyOf(event)
        checkKey(alias, key)
        return key
      },
    ]),
  )
}

function checkedDueAt(dueAt: NonNullable<AnyWorker['dueAt']>): NonNullable<AnyWorker['dueAt']> {
  return (state, options) => {
    const due: unknown = dueAt(state, options)
    if (due === undefined || (typeof due === 'number' && !Number.isNaN(due))) return due
    throw new Error(`dueAt returned ${shown(due)}: it must be ms since 1970, or undefined`)
  }
}
