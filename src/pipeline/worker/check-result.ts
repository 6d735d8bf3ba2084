import { withLongNumbersAsText } from '../codec/decode.ts'
import { isObject } from '../codec/read.ts'
import { isOutputRecord } from '../events/output-record.ts'
import { shown, type Field } from '../codec/fields.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'
import { StepFault } from './step-fault.ts'

/** What one record of state may have: the changelog takes no more. */
const MAX_STATE_CHARACTERS = 2 << 20
const parts = ['state', 'emit', 'reject', 'late']

/** A key of state goes to the changelog as text, and comes back as text. @throws Error */
export function checkKey(part: string, alias: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new StepFault(`${part}.${alias} returned ${shown(key)}: it must be text, such as String(event.user_id)`) // prettier-ignore
  if (key.charCodeAt(0) === 0) throw new StepFault(`${part}.${alias} returned text that begins with a NUL character`)
}

/**
 * Whether a step returned what a step may return. Types say it already, but a custom worker may be plain JavaScript. Returns the state as it
 * is read back from the changelog: undefined when there is none, null when it is deleted.
 * @throws Error that names the step and the field
 */
export function checkResult(worker: AnyWorker, step: string, result: unknown): unknown {
  const state = checkParts(worker, step, result)
  return state === undefined || state === null ? state : restoredState(worker, step, state)
}

/** All but the state, which it returns as it is. @throws Error that names the step and the field */
export function checkParts(worker: AnyWorker, step: string, result: unknown): unknown {
  if (result === undefined || result === null) return undefined
  const must = (ok: boolean, what: string): void => {
    if (!ok) throw new StepFault(`${step} returned ${what}`)
  }
  must(!(result instanceof Promise), 'a promise: a step is a plain function, and waits for nothing')
  must(isObject(result), `${shown(result)}: it must be { state, emit, reject, late }, or nothing`)
  const { state, emit, reject, late, ...more } = result as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(more)
  must(unknown === undefined, `an unknown field ${unknown ?? ''}: there are only ${parts.join(', ')}`)
  must(reject === undefined || (typeof reject === 'string' && reject !== ''), `reject ${shown(reject)}: it must be a sentence`) // prettier-ignore
  must(late === undefined || typeof late === 'boolean', `late ${shown(late)}: it must be true or false`)
  const wrong = emit === undefined ? undefined : emissionFault(worker, emit)
  must(wrong === undefined, wrong ?? '')
  return state
}

/** The state as it is read back from the changelog. @throws Error that names the step and the field */
export function restoredState(worker: AnyWorker, step: string, state: unknown): unknown {
  const restored = asRestored(worker, state)
  if ('fault' in restored) throw new StepFault(`${step} returned state, ${restored.fault}`)
  return restored.state
}

function emissionFault({ output, outputs }: AnyWorker, emit: unknown): string | undefined {
  if (!outputs) return listFault('emit', output, emit)
  const names = Object.keys(outputs).join(', ')
  if (!isObject(emit))
    return `emit ${shown(emit)}: it must be { ${names} }, an array of events for each output that gets some`
  for (const [name, events] of Object.entries(emit)) {
    const topic = Object.hasOwn(outputs, name) ? outputs[name] : undefined
    if (!topic) return `emit.${name}, which is not an output: there are ${names}`
    const fault = events === undefined ? undefined : listFault(`emit.${name}`, topic, events)
    if (fault !== undefined) return fault
  }
  return undefined
}

function listFault(where: string, topic: TopicSpec, emit: unknown): string | undefined {
  if (!Array.isArray(emit)) return `${where} ${shown(emit)}: it must be an array of events`
  for (const [i, emitted] of (emit as unknown[]).entries()) {
    const fault = isOutputRecord(emitted) ? eventFault(topic, emitted.event, emitted.key) : eventFault(topic, emitted)
    if (fault !== undefined) return `${where}[${i}], which is not an event of ${topic.name}: ${fault}`
  }
  return undefined
}

function eventFault(topic: TopicSpec, event: unknown, key?: string): string | undefined {
  if (!isObject(event)) return `it is ${shown(event)}`
  const { shape } = topic
  const fault = shape.faultOf ? shape.faultOf(event) : fieldFault(topic, event)
  if (fault !== undefined) return fault
  const text: unknown = key ?? topic.key(event)
  return typeof text === 'string' ? undefined : `its key must be text, not ${shown(text)}`
}

function fieldFault(topic: TopicSpec, event: Readonly<Record<string, unknown>>): string | undefined {
  const { shape } = topic
  const fields = shape.fieldsOf?.(event) ?? shape.fields
  const unknown = Object.keys(event).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined && !shape.passthrough)
    return `${unknown} is not a field of ${topic.name}, which has ${Object.keys(fields).join(', ')}`
  for (const [name, field] of Object.entries(fields)) {
    const value = event[name]
    if (value === undefined) return `${name} is missing`
    if (!isWritable(field, value))
      return `${name} cannot be ${shown(value)} (money is whole cents here, a time ms since 1970)`
  }
  return undefined
}

/** Whether a reader gets the same value again. Of money beyond 2^46 cents, a double holds only the nearest amounts: those are the same to any reader. */
function isWritable(field: Field<unknown>, value: unknown): boolean {
  try {
    const json = field.json(value)
    const written: unknown = JSON.parse(field.wide ? withLongNumbersAsText(json) : json)
    const again = field.read(written)
    // the text '11' would be written as the number 11, which is what becomes of '1' + 1
    if (again === undefined || typeof again !== typeof value) return false
    // an id that a worker makes up may have any case: it is the same id
    if (typeof value === 'string' && typeof again === 'string') return again.toLowerCase() === value.toLowerCase()
    return typeof value === 'object' || again === value || (typeof written === 'number' && JSON.parse(field.json(again)) === written) // prettier-ignore
  } catch {
    return false
  }
}

function asRestored(
  { name, state: spec }: AnyWorker,
  state: unknown,
): { readonly state: unknown } | { readonly fault: string } {
  if (!spec) return { fault: `but ${name} has none in its definition` }
  const text = JSON.stringify(state) as string | undefined
  if (text === undefined) return { fault: `which cannot be ${shown(state)}` }
  if (text.length > MAX_STATE_CHARACTERS)
    return { fault: `which has ${text.length} characters: ${MAX_STATE_CHARACTERS} are the most` }
  const parsed = spec.schema.safeParse(JSON.parse(text))
  if (parsed.success) return isStable(spec.schema, text, parsed.data) ? { state: parsed.data } : { fault: 'which its schema makes something else of each time it is read' } // prettier-ignore
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') ?? ''
  return { fault: `which its schema would not read again: ${where && `${where}: `}${issue?.message ?? ''}` }
}

/** Whether what was read from `text` reads the same once it has been written again: a schema may leave out and transform. */
function isStable(schema: NonNullable<AnyWorker['state']>['schema'], text: string, read: unknown): boolean {
  const written = JSON.stringify(read) as string | undefined
  if (written === text) return true
  if (written === undefined) return false
  const again = schema.safeParse(JSON.parse(written))
  return again.success && JSON.stringify(again.data) === written
}
