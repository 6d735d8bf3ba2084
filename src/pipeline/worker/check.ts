import { TOPIC_NAME, hasNoKey } from '../events/define-topic.ts'
import { shown } from '../codec/fields.ts'
import { WORKER_NAME } from '../events/topics.ts'
import type { ZodType } from 'zod'
import type { AnyWorker } from './definition.ts'

type Bag = Readonly<Record<string, unknown>>

/** Longest topic name that Kafka takes, less `payflow-` and `-state`. */
const MAX_NAME = 249 - 14
/** Words that the command line takes where a worker's name could be. */
export const reservedNames = ['all', 'check', 'explain', 'list', 'reset', 'state']
/** payflow's own options where a custom worker's could be: those of `worker`, of `audit`, and the global ones. A test compares them with the command line. */
export const reservedFlags = ['brokers', 'client-config', 'color', 'compression', 'config', 'engine', 'help', 'http', 'json', 'ksql', 'ksql-url', 'log-file', 'log-format', 'log-level', 'no-color', 'otel', 'quiet', 'sasl-mechanism', 'sasl-token-command', 'sasl-username', 'session-timeout', 'state-memory', 'tls', 'tls-ca', 'tls-cert', 'tls-key', 'tls-pfx', 'tls-server-name', 'tls-verify', 'transaction-timeout', 'until-caught-up', 'verbose', 'version', 'watch'] // prettier-ignore
const parts = ['name', 'summary', 'inputs', 'output', 'outputs', 'options', 'state', 'states', 'partitionBy', 'on', 'onNull', 'dueAt', 'onTime', 'audit'] // prettier-ignore

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isFunction = (value: unknown): boolean => typeof value === 'function'

function isTopic(value: unknown): value is Bag & { readonly name: string } {
  if (!isBag(value) || !isText(value['name']) || !isFunction(value['key'])) return false
  const { shape } = value
  return isBag(shape) && isFunction(shape['decode']) && isFunction(shape['encode'])
}

function must(ok: boolean, message: string): asserts ok {
  if (!ok) throw new Error(message)
}

function checkParts(worker: Bag): void {
  const unknown = Object.keys(worker).find((part) => !parts.includes(part) && part !== 'tally')
  must(unknown === undefined, `A worker has no field ${unknown ?? ''}: there are ${parts.join(', ')}`)
  const { audit, outputs } = worker
  if (audit === undefined || isFunction(audit)) return
  must(isBag(outputs) && isBag(audit), `audit must be a function that gives a rule, not ${shown(audit)}`)
  for (const [name, rule] of Object.entries(audit))
    must(Object.hasOwn(outputs, name) && isFunction(rule), `audit.${name} must be a rule for an output: there are ${Object.keys(outputs).join(', ')}`) // prettier-ignore
}

function checkName(worker: Bag): string {
  const { name, summary } = worker
  must(isText(name), 'A worker needs a name: lower-case words joined by dashes')
  must(WORKER_NAME.test(name), `${shown(name)} cannot name a worker: use lower-case words joined by dashes`)
  must(name.length <= MAX_NAME, `A worker's name may have ${MAX_NAME} characters, ${shown(name)} has ${name.length}`)
  must(!reservedNames.includes(name), `"${name}" cannot name a worker: payflow worker ${name} is a command`)
  must(isText(summary), `Worker ${name} needs a summary: one line for lists and help`)
  return name
}

function checkTopicName(topic: string, what: string): void {
  must(TOPIC_NAME.test(topic), `${shown(topic)} cannot name a topic, as ${what} does`)
}

/** @returns the names of the topics that it writes */
function checkOutputs(name: string, { output, outputs }: Bag): ReadonlySet<string> {
  must(outputs === undefined || (isBag(outputs) && Object.keys(outputs).length > 0), `outputs of worker ${name} must be { name: topic, … }, not ${shown(outputs)}`) // prettier-ignore
  if (outputs && output !== undefined) must(Object.values(outputs).includes(output), `Worker ${name} has both output and outputs: say { ${Object.keys(outputs).join(', ')}, … } in outputs alone`) // prettier-ignore
  const names = new Set<string>()
  for (const [alias, topic] of outputs ? Object.entries(outputs) : [['', output] as const]) {
    const what = alias === '' ? 'The output' : `Output ${alias}`
    must(isTopic(topic), `${what} of worker ${name} is not a topic: ${shown(topic)}`)
    checkTopicName(topic.name, `${what.toLowerCase()} of worker ${name}`)
    must(!hasNoKey(topic), `${what} ${alias === '' ? `${topic.name} ` : ''}of worker ${name} has no key: say { key: (event) => text } in its defineTopic`) // prettier-ignore
    must(!names.has(topic.name), `Worker ${name} has the output ${topic.name} twice`)
    names.add(topic.name)
  }
  return names
}

function checkTopics(name: string, worker: Bag): readonly string[] {
  const { inputs } = worker
  must(isBag(inputs) && Object.keys(inputs).length > 0, `Worker ${name} needs inputs: { alias: topic, … }`)
  for (const [alias, topic] of Object.entries(inputs)) must(isTopic(topic), `Input ${alias} of worker ${name} is not a topic: ${shown(topic)}`) // prettier-ignore
  const outputs = checkOutputs(name, worker)
  const names = new Set<string>()
  for (const [alias, topic] of Object.entries(inputs)) {
    must(isTopic(topic), `Input ${alias} of worker ${name} is not a topic: ${shown(topic)}`)
    checkTopicName(topic.name, `input ${alias} of worker ${name}`)
    must(!names.has(topic.name), `Worker ${name} has the input ${topic.name} twice`)
    must(!outputs.has(topic.name), `Worker ${name} writes its own input ${topic.name}: it would never end`)
    names.add(topic.name)
  }
  return Object.keys(inputs)
}

function checkSteps(name: string, aliases: readonly string[], { on }: Bag): void {
  must(isBag(on), `Worker ${name} needs on: { ${aliases.join(', ')} }, a step for each input`)
  for (const alias of aliases) {
    must(isFunction(on[alias]), `Worker ${name} has no step for its input ${alias}: on.${alias}`)
    mustNotWait(`on.${alias}`, on[alias])
  }
  for (const alias of Object.keys(on))
    must(aliases.includes(alias), `on.${alias} of worker ${name} is the step of no input`)
}

/** What waits gives a promise of a result, which nobody keeps. */
function mustNotWait(what: string, step: unknown): void {
  const kind = Object.prototype.toString.call(step).slice('[object '.length, -1)
  must(kind === 'Function', `${what} is ${kind === 'AsyncFunction' ? 'async' : 'a generator'}: a step is a plain function, and waits for nothing`) // prettier-ignore
}

function checkTimers(what: string, { dueAt, onTime }: Bag): void {
  must((dueAt === undefined) === (onTime === undefined), `${what} needs both dueAt and onTime, or neither`)
  if (dueAt !== undefined) must(isFunction(dueAt) && isFunction(onTime), `dueAt and onTime of ${what.replace(/^W/, 'w')} must be functions`) // prettier-ignore
  if (onTime !== undefined) mustNotWait('onTime', onTime)
}

/** Timers follow the times of events. */
function checkClock(name: string, { inputs, onTime, states }: Bag): void {
  const hasTimers = [{ onTime }, ...(isBag(states) ? Object.values(states) : [])].some(
    (of) => (of as Bag)['onTime'] !== undefined,
  )
  const isTimed = Object.values(inputs as Bag).some((topic) => isFunction((topic as Bag)['timeOf']))
  must(!hasTimers || isTimed, `Worker ${name} has timers, which never fire: none of its inputs has a time; say { timeOf: (event) => ms } in defineTopic`) // prettier-ignore
}

/** Otherwise a key's first step is given what no later one would be. Null stands for no state, whatever the schema. */
function checkInitial(what: string, schema: unknown, initial: unknown): void {
  if (initial === null) return
  const text = JSON.stringify(initial) as string | undefined
  must(text !== undefined, `${what}.initial cannot be ${shown(initial)}`)
  const { success, error } = (schema as ZodType).safeParse(JSON.parse(text))
  if (success) return
  const [issue] = error.issues
  const where = issue?.path.map(String).join('.') ?? ''
  throw new Error(`${what}.initial is not what its schema takes: ${where && `${where}: `}${issue?.message ?? ''}`)
}

function checkState(name: string, aliases: readonly string[], worker: Bag): void {
  const { state, states, dueAt } = worker
  checkTimers(`Worker ${name}`, worker)
  if (states !== undefined) {
    checkStates(name, aliases, worker)
    return
  }
  must(state !== undefined || dueAt === undefined, `Worker ${name} has timers but no state for them to act on`)
  if (state === undefined) return
  must(isBag(state), `state of worker ${name} must be { schema, initial, key }, not ${shown(state)}`)
  const { schema, initial, key } = state
  must(isBag(schema) && isFunction(schema['safeParse']), `state.schema of worker ${name} must be a zod schema`)
  must(initial !== undefined, `Worker ${name} needs state.initial: the state of a key that has none`)
  checkInitial(`Worker ${name}: state`, schema, initial)
  must(isBag(key), `Worker ${name} needs state.key: { ${aliases.join(', ')} }, an event's key for each input`)
  for (const alias of aliases)
    must(isFunction(key[alias]), `Worker ${name} has no state.key.${alias}: the key of an event of that input`)
}

/** Several states: each with a schema, what it begins as, and a key for each input that needs it. */
function checkStates(name: string, aliases: readonly string[], { state, states, dueAt }: Bag): void {
  must(isBag(states) && Object.keys(states).length > 0, `states of worker ${name} must be { name: { schema, initial, key }, … }, not ${shown(states)}`) // prettier-ignore
  // what stands for all of them has no key of its own
  const isOwn = isBag(state) && isBag(state['key']) && Object.keys(state['key']).length === 0
  must(state === undefined || isOwn, `Worker ${name} has both state and states: say all of them in states`)
  must(dueAt === undefined || isOwn, `Worker ${name} has several states: dueAt and onTime belong to one of them, as states.<name>.dueAt`) // prettier-ignore
  for (const [of, spec] of Object.entries(states)) {
    const what = `states.${of} of worker ${name}`
    must(/^\w+$/.test(of), `${shown(of)} cannot name a state of worker ${name}: use letters, digits and _`)
    must(isBag(spec), `${what} must be { schema, initial, key }, not ${shown(spec)}`)
    must(isBag(spec['schema']) && isFunction(spec['schema']['safeParse']), `${what} needs a zod schema`)
    must(spec['initial'] !== undefined, `${what} needs initial: the state of a key that has none`)
    checkInitial(`Worker ${name}: states.${of}`, spec['schema'], spec['initial'])
    must(isBag(spec['key']) && Object.keys(spec['key']).length > 0, `${what} needs key: { ${aliases.join(', ')} }, an event's key for each input that it is for`) // prettier-ignore
    for (const [alias, key] of Object.entries(spec['key'])) must(aliases.includes(alias) && isFunction(key), `${what}: key.${alias} must be a function for an input, which are ${aliases.join(', ')}`) // prettier-ignore
    checkTimers(what, spec)
  }
}

/** The different functions that give keys to an input's events. */
const keysFor = (states: Bag, alias: string): ReadonlySet<unknown> =>
  new Set(Object.values(states).flatMap((spec) => ((spec as Bag)['key'] as Bag)[alias] ?? []))

function checkPlaces(name: string, aliases: readonly string[], { state, states, partitionBy }: Bag): void {
  for (const alias of isBag(states) ? aliases : []) {
    const isPlaced = isBag(partitionBy) && partitionBy[alias] !== undefined
    must(isPlaced || keysFor(states as Bag, alias).size <= 1, `Worker ${name} has states with different keys for its input ${alias}: say in partitionBy.${alias} by what they lie together`) // prettier-ignore
  }
  if (partitionBy === undefined) return
  must(isBag(partitionBy), `partitionBy of worker ${name} must be { ${aliases.join(', ')} }, a function for each input that needs one`) // prettier-ignore
  must(
    state !== undefined || states !== undefined,
    `partitionBy of worker ${name} decides where its state lies, and it has none: leave it out`,
  )
  for (const [alias, placeOf] of Object.entries(partitionBy)) {
    must(aliases.includes(alias), `partitionBy.${alias} of worker ${name} is for no input`)
    must(isFunction(placeOf), `partitionBy.${alias} of worker ${name} must be a function from an event to text, not ${shown(placeOf)}`) // prettier-ignore
  }
}

/** A record without a value has only its key: its state lies by that, or it has none. */
function checkNulls(name: string, aliases: readonly string[], worker: Bag): void {
  const { onNull, state, states, partitionBy } = worker
  if (onNull === undefined) return
  must(isBag(onNull), `onNull of worker ${name} must be { ${aliases.join(', ')} }: "delete", "ignore" or a step for each input that has null values`) // prettier-ignore
  for (const [alias, meaning] of Object.entries(onNull)) {
    if (meaning === undefined) continue
    const what = `onNull.${alias} of worker ${name}`
    must(aliases.includes(alias), `${what} is for no input`)
    must(meaning === 'delete' || meaning === 'ignore' || isFunction(meaning), `${what} must be "delete", "ignore" or a step, not ${shown(meaning)}`) // prettier-ignore
    if (isFunction(meaning)) mustNotWait(`onNull.${alias}`, meaning)
    const has = isBag(states) ? keysFor(states, alias).size > 0 : state !== undefined
    must(meaning !== 'delete' || has, `${what} is "delete", and that input has no state: leave it out, or say "ignore"`)
    const isPlaced = isBag(partitionBy) && partitionBy[alias] !== undefined
    must(meaning === 'ignore' || !isPlaced, `${what}: a null value lies by its record's key, and partitionBy.${alias} cannot be asked without an event; leave one of them out`) // prettier-ignore
  }
}

function checkOptions(name: string, { options }: Bag): void {
  if (options === undefined) return
  must(isBag(options), `options of worker ${name} must be { name: { flag, description, default, parse }, … }`)
  for (const [key, option] of Object.entries(options)) {
    const spec = `Option ${key} of worker ${name}`
    must(isBag(option), `${spec} must be { flag, description, default, parse }, not ${shown(option)}`)
    const { flag, description, parse } = option
    must(isText(flag) && /^--[a-z][a-z0-9-]* <[^>]+>$/.test(flag), `${spec} needs a flag such as "--${key} <value>"`)
    must(isText(description), `${spec} needs a description`)
    const reserved = reservedFlags.find((other) => flag.startsWith(`--${other} `))
    must(reserved === undefined, `${spec} cannot be --${reserved ?? ''}: payflow has that option itself`)
    must(typeof option['default'] === 'string', `${spec} needs a default, as text`)
    must(isFunction(parse), `${spec} needs a function parse(text)`)
    checkDefault(spec, option['default'], parse as (text: string) => unknown)
  }
}

function checkDefault(spec: string, text: string, parse: (text: string) => unknown): void {
  try {
    parse(text)
  } catch (cause) {
    throw new Error(
      `${spec} does not take its own default: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** A definition that came from outside, once it is known to be one. @throws Error that says what is missing or wrong. */
export function checkWorker(value: unknown): AnyWorker {
  must(!(value instanceof Promise), 'A worker is what defineWorker(…) gives, not a promise of it')
  must(isBag(value), `A worker is what defineWorker(…) gives, not ${shown(value)}`)
  const name = checkName(value)
  const aliases = checkTopics(name, value)
  checkSteps(name, aliases, value)
  checkState(name, aliases, value)
  checkClock(name, value)
  checkPlaces(name, aliases, value)
  checkNulls(name, aliases, value)
  checkOptions(name, value)
  checkParts(value)
  return value as unknown as AnyWorker
}
