import type { AnyWorker, DefinedWorker, InputSpecs, ManyOfBoth, ManyOutputs, ManyStates, WorkerDefinition } from './definition.ts' // prettier-ignore
import type { OptionSpecs } from './option-specs.ts'
import type { TopicSpec } from '../events/topics.ts'
import { oneOfStates } from './several-states.ts'

type Outputs = Readonly<Record<string, TopicSpec>>

/** A definition as everything else knows it: `output` is the first of several, `state` stands for several. Done twice, it changes nothing more. */
export function normalWorker(worker: AnyWorker): AnyWorker {
  const { outputs, states } = worker
  if ((!outputs || (worker.output as unknown)) && (!states || worker.state)) return worker
  const [first] = Object.values(outputs ?? {})
  return { ...worker, ...(first && { output: first }), ...(states && oneOfStates(states)) }
}

/** Checks the definition's types and hands it back. */
export function defineWorker<const Inputs extends InputSpecs, const Several extends Outputs, States, const Options extends OptionSpecs>(
  definition: ManyOfBoth<Inputs, Several, States, Options>,
): AnyWorker // prettier-ignore
export function defineWorker<const Inputs extends InputSpecs, Output, States, const Options extends OptionSpecs>(
  definition: ManyStates<Inputs, Output, States, Options>,
): AnyWorker
export function defineWorker<const Inputs extends InputSpecs, const Several extends Outputs, State, const Options extends OptionSpecs>(
  definition: ManyOutputs<Inputs, Several, State, Options>,
): AnyWorker // prettier-ignore
export function defineWorker<const Inputs extends InputSpecs, Output, State, const Options extends OptionSpecs>(
  definition: WorkerDefinition<Inputs, Output, State, Options>,
): DefinedWorker<Inputs, Output, State, Options>
export function defineWorker(definition: object): AnyWorker {
  return normalWorker(definition as AnyWorker)
}
