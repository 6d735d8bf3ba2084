import { isObject } from '../codec/read.ts'
import { shown, type Field } from '../codec/fields.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'

/** What one record of state may have: the changelog takes no more. */
const MAX_STATE_CHARACTERS = 2 << 20
const parts = ['state', 'emit', 'reject', 'late']

/** A key of state goes to the changelog as text, and comes back as text. @throws Error */
export function checkKey(alias: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new Error(`state.key.${alias} returned ${shown(key)}: it must be text, such as String(event.user_id)`) // prettier-ignore
  if (key.charCodeAt(0) === 0) throw new Error(`state.key.${alias} returned text that begins with a NUL character`)
}

/**
 * Whether a step returned what a step may return. Types say it already, but a custom worker may be plain JavaScript. Returns the state as it
 * is read back from the changelog: undefined when there is none, null when it is deleted.
 * @throws Error that names the step and the field
 */
export function checkResult(worker: AnyWorker, step: string, result: unknown): unknown {
  if (result === undefined || result === null) return undefined
  const must = (ok: boolean, what: string): void => {
    if (!ok) throw new Error(`${step} returned ${what}`)
  }
  must(!(result instanceof Promise), 'a promise: a step is a plain function, and waits for nothing')
  must(isObject(result), `${shown(result)}: it must be { state, emit, reject, late }, or nothing`)
  const { state, emit, reject, late, ...more } = result as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(more)
  must(unknown === undefined, `an unknown field ${unknown ?? ''}: there are only ${parts.join(', ')}`)
  must(reject === undefined || (typeof reject === 'string' && reject !== ''), `reject ${shown(reject)}: it must be a sentence`) // prettier-ignore
  must(late === undefined || typeof late === 'boolean', `late ${shown(late)}: it must be true or false`)
  must(emit === undefined || Array.isArray(emit), `emit ${shown(emit)}: it must be an array of events`)
  for (const [i, event] of ((emit ?? []) as unknown[]).entries()) {
    const fault = eventFault(worker.output, event)
    must(fault === undefined, `emit[${i}], which is not an event of ${worker.output.name}: ${fault ?? ''}`)
  }
  if (state === undefined || state === null) return state
  const restored = asRestored(worker, state)
  must('state' in restored, `state, ${'fault' in restored ? restored.fault : ''}`)
  return (restored as { readonly state: unknown }).state
}

function eventFault(topic: TopicSpec, event: unknown): string | undefined {
  if (!isObject(event)) return `it is ${shown(event)}`
  const { fields } = topic.shape
  const unknown = Object.keys(event).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined)
    return `${unknown} is not a field of ${topic.name}, which has ${Object.keys(fields).join(', ')}`
  for (const [name, field] of Object.entries(fields)) {
    const value = event[name]
    if (value === undefined) return `${name} is missing`
    if (!isWritable(field, value))
      return `${name} cannot be ${shown(value)} (money is whole cents here, a time ms since 1970)`
  }
  const text: unknown = topic.key(event)
  return typeof text === 'string' ? undefined : `its key must be text, not ${shown(text)}`
}

/** Whether a reader gets the same value again. Of money beyond 2^46 cents, a double holds only the nearest amounts: those are the same to any reader. */
function isWritable(field: Field<unknown>, value: unknown): boolean {
  try {
    const written: unknown = JSON.parse(field.json(value))
    const again = field.read(written)
    if (again === undefined) return false
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
