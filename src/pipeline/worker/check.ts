import { TOPIC_NAME } from '../events/define-topic.ts'
import { shown } from '../codec/fields.ts'
import { WORKER_NAME } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'

type Bag = Readonly<Record<string, unknown>>

/** Longest topic name that Kafka takes, less `payflow-` and `-state`. */
const MAX_NAME = 249 - 14
/** Words that the command line takes where a worker's name could be. */
const reservedNames = ['all', 'list', 'reset']
/** payflow's own options where a custom worker's could be: those of `worker`, of `audit`, and the global ones. A test compares them with the command line. */
export const reservedFlags = ['brokers', 'client-config', 'color', 'compression', 'config', 'engine', 'help', 'http', 'json', 'ksql', 'ksql-url', 'log-file', 'log-format', 'log-level', 'no-color', 'quiet', 'sasl-mechanism', 'sasl-token-command', 'sasl-username', 'session-timeout', 'tls', 'tls-ca', 'tls-cert', 'tls-key', 'tls-pfx', 'tls-server-name', 'tls-verify', 'transaction-timeout', 'until-caught-up', 'verbose', 'version'] // prettier-ignore
const parts = ['name', 'summary', 'inputs', 'output', 'options', 'state', 'on', 'dueAt', 'onTime', 'audit']

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
  const { audit } = worker
  must(audit === undefined || isFunction(audit), `audit must be a function that gives a rule, not ${shown(audit)}`)
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

function checkTopics(name: string, { inputs, output }: Bag): readonly string[] {
  must(isBag(inputs) && Object.keys(inputs).length > 0, `Worker ${name} needs inputs: { alias: topic, … }`)
  must(isTopic(output), `The output of worker ${name} is not a topic: ${shown(output)}`)
  checkTopicName(output.name, `the output of worker ${name}`)
  const names = new Set<string>()
  for (const [alias, topic] of Object.entries(inputs)) {
    must(isTopic(topic), `Input ${alias} of worker ${name} is not a topic: ${shown(topic)}`)
    checkTopicName(topic.name, `input ${alias} of worker ${name}`)
    must(!names.has(topic.name), `Worker ${name} has the input ${topic.name} twice`)
    must(topic.name !== output.name, `Worker ${name} writes its own input ${topic.name}: it would never end`)
    names.add(topic.name)
  }
  return Object.keys(inputs)
}

function checkSteps(name: string, aliases: readonly string[], { on }: Bag): void {
  must(isBag(on), `Worker ${name} needs on: { ${aliases.join(', ')} }, a step for each input`)
  for (const alias of aliases)
    must(isFunction(on[alias]), `Worker ${name} has no step for its input ${alias}: on.${alias}`)
  for (const alias of Object.keys(on))
    must(aliases.includes(alias), `on.${alias} of worker ${name} is the step of no input`)
}

function checkState(name: string, aliases: readonly string[], { state, dueAt, onTime }: Bag): void {
  must((dueAt === undefined) === (onTime === undefined), `Worker ${name} needs both dueAt and onTime, or neither`)
  if (dueAt !== undefined)
    must(isFunction(dueAt) && isFunction(onTime), `dueAt and onTime of worker ${name} must be functions`)
  must(state !== undefined || dueAt === undefined, `Worker ${name} has timers but no state for them to act on`)
  if (state === undefined) return
  must(isBag(state), `state of worker ${name} must be { schema, initial, key }, not ${shown(state)}`)
  const { schema, initial, key } = state
  must(isBag(schema) && isFunction(schema['safeParse']), `state.schema of worker ${name} must be a zod schema`)
  must(initial !== undefined, `Worker ${name} needs state.initial: the state of a key that has none`)
  must(isBag(key), `Worker ${name} needs state.key: { ${aliases.join(', ')} }, an event's key for each input`)
  for (const alias of aliases)
    must(isFunction(key[alias]), `Worker ${name} has no state.key.${alias}: the key of an event of that input`)
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
  must(isBag(value), `A worker is what defineWorker(…) gives, not ${shown(value)}`)
  const name = checkName(value)
  const aliases = checkTopics(name, value)
  checkSteps(name, aliases, value)
  checkState(name, aliases, value)
  checkOptions(name, value)
  checkParts(value)
  return value as unknown as AnyWorker
}
