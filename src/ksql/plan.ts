import { PayflowError } from '../errors.ts'
import type { Examined } from './examine.ts'
import { whereOf, type Statement } from './statements.ts'

export type Action =
  | { readonly do: 'terminate'; readonly statement: Statement; readonly queryId: string }
  | { readonly do: 'drop'; readonly statement: Statement }
  /** Its records would otherwise be there twice: the query that is created next reads everything again. */
  | { readonly do: 'delete-topic'; readonly statement: Statement }
  | { readonly do: 'create'; readonly statement: Statement }
  | { readonly do: 'resume'; readonly statement: Statement; readonly queryId: string }

/** What becomes of a statement; `waiting`: it is missing, but reads what has changed. */
export type Fate = 'create' | 'keep' | 'resume' | 'replace' | 'changed' | 'waiting'

export interface Plan {
  readonly actions: readonly Action[]
  readonly fates: readonly { readonly statement: Statement; readonly fate: Fate; readonly why: string }[]
}

/** Whether a statement stops meaning what it meant when another's object goes: it reads it, or describes the topic that it writes. */
const dependsOn = (statement: Statement, other: Statement): boolean =>
  statement.name !== other.name &&
  (statement.reads.includes(other.name) || (other.derived && statement.topic === other.topic))

/** For each statement that is in `roots` or depends on them, directly or not, the root that it is there for. */
function closureOf(statements: readonly Statement[], roots: readonly Statement[]): Map<Statement, Statement> {
  const closure = new Map(roots.map((root) => [root, root]))
  // A statement comes after what it reads, so one pass in order finds all of them.
  for (const statement of statements) {
    const base = [...closure.keys()].find((other) => dependsOn(statement, other))
    if (base && !closure.has(statement)) closure.set(statement, closure.get(base)!)
  }
  return closure
}

function refuseForeign(examined: readonly Examined[]): void {
  const taken = examined.flatMap(({ statement, finding }) =>
    finding.state === 'foreign' ? [`${statement.name} (${whereOf(statement)}): ${finding.why}`] : [],
  )
  if (taken.length === 0) return
  throw new PayflowError('KSQL_FOREIGN', `Names that payflow needs are somebody else's: ${taken.join('; ')}`, {
    kind: 'failed',
    hint: 'look at them with `payflow ksql describe NAME`; drop or rename them, or use a separate ksqlDB (--ksql-url)',
  })
}

function refuseHeld(examined: readonly Examined[]): void {
  const held = examined.filter(({ holders, exists }) => exists && holders.length > 0)
  if (held.length === 0) return
  const words = held.map(({ statement, holders }) => `${statement.name} (${holders.join(', ')})`)
  throw new PayflowError(
    'KSQL_IN_USE',
    `Queries that are not payflow's use what would be dropped: ${words.join('; ')}`,
    {
      kind: 'failed',
      hint: 'end them first, with TERMINATE and DROP in the ksql shell; payflow only drops what it created',
    },
  )
}

/** Ends what exists, the last first: queries, then objects, then the topics that the queries wrote. */
function removal(examined: readonly Examined[]): Action[] {
  return [...examined]
    .reverse()
    .flatMap(({ statement, query, exists }): Action[] => [
      ...(query ? [{ do: 'terminate' as const, statement, queryId: query.id }] : []),
      ...(exists ? [{ do: 'drop' as const, statement }] : []),
      ...(statement.derived ? [{ do: 'delete-topic' as const, statement }] : []),
    ])
}

/**
 * What there is to do so that everything exists as described, in order.
 * @throws PayflowError when names are somebody else's, or a statement would be refused
 */
export function planApply(examined: readonly Examined[], { replace }: { replace: boolean }): Plan {
  refuseForeign(examined)
  const statements = examined.map(({ statement }) => statement)
  const changed = examined.filter(({ finding }) => finding.state === 'changed').map(({ statement }) => statement)
  const closure = closureOf(statements, changed)
  refuseRefused(examined, closure)
  const fates = examined.map(({ statement, finding }) => {
    const root = closure.get(statement)
    const because = root === statement || !root ? '' : `it depends on ${root.name}`
    const why = 'why' in finding ? finding.why : because
    if (!root) return { statement, fate: fateAlone(finding), why }
    if (replace)
      return { statement, fate: finding.state === 'missing' ? ('create' as const) : ('replace' as const), why }
    if (finding.state === 'missing') return { statement, fate: 'waiting' as const, why }
    return { statement, fate: finding.state === 'changed' ? ('changed' as const) : fateAlone(finding), why: root === statement ? why : '' } // prettier-ignore
  })
  const doomed = replace ? examined.filter(({ statement, finding }) => closure.has(statement) && finding.state !== 'missing') : [] // prettier-ignore
  refuseHeld(doomed)
  const creations = fates.filter(({ fate }) => fate === 'create' || fate === 'replace')
  const resumptions = fates.flatMap(({ statement, fate }) => {
    const query = fate === 'resume' ? examined.find((one) => one.statement === statement)?.query : undefined
    return query ? [{ do: 'resume' as const, statement, queryId: query.id }] : []
  })
  return {
    actions: [...removal(doomed), ...creations.map(({ statement }) => ({ do: 'create' as const, statement })), ...resumptions], // prettier-ignore
    fates,
  }
}

const alone: Readonly<Partial<Record<Examined['finding']['state'], Fate>>> = { missing: 'create', paused: 'resume' }
const fateAlone = ({ state }: Examined['finding']): Fate => alone[state] ?? 'keep'

/** A statement that is wrong is found before anything is dropped for it. What reads something changed is judged when that is replaced. */
function refuseRefused(examined: readonly Examined[], closure: ReadonlyMap<Statement, Statement>): void {
  for (const { statement, finding } of examined)
    if (finding.state === 'changed' && finding.refusal) {
      const upstream = [...closure.keys()].some((other) => dependsOn(statement, other))
      if (!upstream) throw refused(statement, finding.refusal)
    }
}

/** A statement that ksqlDB refuses, with its place and the server's words. */
export function refused(statement: Statement, refusal: PayflowError): PayflowError {
  return new PayflowError(refusal.code, `${whereOf(statement)}: ksqlDB refuses ${statement.name}: ${refusal.message}`, {
    kind: refusal.kind,
    ...(refusal.hint !== undefined && { hint: refusal.hint }),
    cause: refusal,
  })
}

/**
 * Everything of payflow's that exists, the last first. A description of a topic that was not created by payflow's statement is
 * somebody else's, and stays; one whose topic is gone cannot be compared, and describes nothing that could be lost.
 * @throws PayflowError when queries of others use what would be dropped
 */
export function planDrop(examined: readonly Examined[]): { actions: Action[]; left: Examined[] } {
  const isOthers = ({ finding, statement, exists }: Examined): boolean =>
    finding.state === 'foreign' ||
    (exists && !statement.derived && finding.state === 'changed' && finding.topicGone !== true)
  const own = examined.filter((one) => one.finding.state !== 'missing' && !isOthers(one))
  refuseHeld(own)
  return { actions: removal(own), left: examined.filter(isOthers) }
}
