import { isObject } from '../codec/read.ts'
import { shown, type Field } from '../codec/fields.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'

/** What one record of state may have: the changelog takes no more. */
const MAX_STATE_CHARACTERS = 2 << 20
const PARTS = ['state', 'emit', 'reject']

/** A key of state goes to the changelog as text, and comes back as text. @throws Error */
export function checkKey(alias: string, key: unknown): void {
  if (typeof key !== 'string') throw new Error(`state.key.${alias} returned ${shown(key)}: it must be text, such as String(event.user_id)`) // prettier-ignore
  if (key.startsWith('\u0000')) throw new Error(`state.key.${alias} returned text that begins with a NUL character`)
}

/**
 * Whether a step returned what a step may return. Types say it already, but a definition of one's own may be plain JavaScript.
 * @throws Error that names the step and the field
 */
export function checkResult(worker: AnyWorker, step: string, result: unknown): void {
  if (result === undefined || result === null) return
  const must = (ok: boolean, what: string): void => {
    if (!ok) throw new Error(`${step} returned ${what}`)
  }
  must(!(result instanceof Promise), 'a promise: a step is a plain function, and waits for nothing')
  must(isObject(result), `${shown(result)}: it must be { state, emit, reject }, or nothing`)
  const { state, emit, reject, ...more } = result as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(more)
  must(unknown === undefined, `an unknown field ${unknown ?? ''}: there are only ${PARTS.join(', ')}`)
  must(reject === undefined || (typeof reject === 'string' && reject !== ''), `reject ${shown(reject)}: it must be a sentence`) // prettier-ignore
  must(emit === undefined || Array.isArray(emit), `emit ${shown(emit)}: it must be an array of events`)
  for (const [i, event] of ((emit ?? []) as unknown[]).entries()) {
    const fault = eventFault(worker.output, event)
    must(fault === undefined, `emit[${i}], which is no event of ${worker.output.name}: ${fault ?? ''}`)
  }
  const fault = state === undefined || state === null ? undefined : stateFault(worker, state)
  must(fault === undefined, `state, ${fault ?? ''}`)
}

function eventFault(topic: TopicSpec, event: unknown): string | undefined {
  if (!isObject(event)) return `it is ${shown(event)}`
  const { fields } = topic.shape
  const unknown = Object.keys(event).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined)
    return `${unknown} is no field of ${topic.name}, which has ${Object.keys(fields).join(', ')}`
  for (const [name, field] of Object.entries(fields)) {
    const value = event[name]
    if (value === undefined) return `${name} is missing`
    if (!isWritable(field, value))
      return `${name} cannot be ${shown(value)} (money is whole cents here, a time ms since 1970)`
  }
  const text: unknown = topic.key(event)
  return typeof text === 'string' ? undefined : `its key must be text, not ${shown(text)}`
}

/** Whether who reads it gets the same value again. */
function isWritable(field: Field<unknown>, value: unknown): boolean {
  try {
    const again = field.read(JSON.parse(field.json(value)))
    return again !== undefined && (typeof value === 'object' || again === value)
  } catch {
    return false
  }
}

function stateFault({ name, state: spec }: AnyWorker, state: unknown): string | undefined {
  if (!spec) return `but ${name} has none in its definition`
  const text = JSON.stringify(state) as string | undefined
  if (text === undefined) return `which cannot be ${shown(state)}`
  if (text.length > MAX_STATE_CHARACTERS)
    return `which has ${text.length} characters: ${MAX_STATE_CHARACTERS} are the most`
  const parsed = spec.schema.safeParse(JSON.parse(text))
  if (parsed.success) return undefined
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') ?? ''
  return `which its schema would not read again: ${where && `${where}: `}${issue?.message ?? ''}`
}
