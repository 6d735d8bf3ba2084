import type { CheckedWorker, WorkerCheck } from '../../app/workers/check.ts'
import type { Palette } from '../shell/output.ts'

const LABEL_WIDTH = 12
const MAX_CODE = 60
const MAX_INITIAL = 40

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

/** What follows from definitions, in words; then what is wrong about them. */
export function checkLines({ workers, collisions }: WorkerCheck, paint: Palette): string[] {
  const blocks = workers.map((worker) => [...workerLines(worker, paint), ''])
  return [...blocks.flat(), ...collisions.map((collision) => `${paint.red('wrong')}: ${collision}`)].filter((line, i, all) => line !== '' || i < all.length - 1) // prettier-ignore
}

function workerLines(worker: CheckedWorker, paint: Palette): string[] {
  const rows: [label: string, text: string][] = [
    ...worker.inputs.map(({ topic, hasTime }): [string, string] => ['reads', `${topic}${hasTime ? '' : ', whose events have no time'}`]), // prettier-ignore
    ...worker.outputs.map(({ topic, output, key }): [string, string] => ['writes', `${topic}${output === null ? '' : ` (${output})`}, keyed by ${cut(key, MAX_CODE)}`]), // prettier-ignore
    ['group', worker.group],
    ['producers', `transactional ids ${worker.transactionalIds}<partition>`],
    ...stateRows(worker),
    ...placeRows(worker),
    ...nullRows(worker),
    ['timers', worker.states.some(({ hasTimers }) => hasTimers) ? 'fire by event time: the greatest timestamp that a partition has seen' : 'none'], // prettier-ignore
    ['changelog', `${worker.changelog}${worker.states.length === 0 ? ' (progress only)' : ''}`],
    ['inbox', worker.inbox],
    ['refused', `${worker.deadLetters}: what does not fit an input's fields, and what a step rejects`],
    ...worker.needKeys.map((topic): [string, string] => [
      'refused',
      `records of ${topic} without a key: its state lies by that`,
    ]),
    ['options', worker.options.map(({ flag, default: usual }) => `${flag} (${usual})`).join(', ')],
    ['audit', worker.isAuditable ? 'possible' : 'not possible: the definition has no `audit`'],
    ...(worker.tried === null ? [] : [['tried', triedText(worker)] satisfies [string, string]]),
  ]
  return [
    `${paint.bold(worker.worker)}: ${worker.summary}`,
    ...labelled(rows).map((line) => `  ${line}`),
    ...worker.faults.map((fault) => `  ${paint.red('wrong')}: ${fault}`),
    ...worker.notes.map((note) => `  ${paint.yellow('look at')}: ${note}`),
  ]
}

const triedText = ({ tried, faults, notes }: CheckedWorker): string =>
  `${tried ?? 0} made-up events, twice${faults.length + notes.length === 0 ? ': the same results' : ''}`

/** A label that comes again is not repeated. */
const labelled = (rows: readonly (readonly [string, string])[]): string[] =>
  rows.map(([label, text], i) => `${(rows[i - 1]?.[0] === label ? '' : label).padEnd(LABEL_WIDTH)}${text}`)

function stateRows({ states }: CheckedWorker): [string, string][] {
  if (states.length === 0) return [['state', 'none']]
  return states.flatMap(({ state, key, initial }) =>
    Object.entries(key).map(([input, code], i): [string, string] => [
      'state',
      `${state === null ? '' : `${state}: `}one for each ${cut(code, MAX_CODE)} of ${input}${i === 0 ? `, at first ${cut(JSON.stringify(initial), MAX_INITIAL)}` : ''}`, // prettier-ignore
    ]),
  )
}

/** What records without a value mean, where that is said. */
function nullRows({ inputs }: CheckedWorker): [string, string][] {
  const said = inputs.filter(({ whenNull }) => whenNull !== 'dead letter')
  const meaning = (whenNull: string): string => ({ delete: "deletes the state of its record's key", ignore: 'changes nothing' })[whenNull] ?? `is for ${cut(whenNull, MAX_CODE)}` // prettier-ignore
  return said.map(({ topic, whenNull }) => ['null values', `${topic}: one ${meaning(whenNull)}`])
}

/** What is handed on when. */
function placeRows({ inputs, states }: CheckedWorker): [string, string][] {
  if (states.length === 0) return [['placed', 'every record where it lies; none goes through the inbox']]
  return inputs.map(({ topic, placedBy }): [string, string] => [
    'placed',
    placedBy === null
      ? `${topic}: where its records lie`
      : `${topic} by ${placedBy.part}; records that lie elsewhere go through the inbox`,
  ])
}
