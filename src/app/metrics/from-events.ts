import { DEAD_LETTERS, inboxTopic, orderStatuses } from '../../pipeline/events/topics.ts'
import { outputNames, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { refusalKinds } from '../../pipeline/worker/refusals.ts'
import { restartReasons, transactionResults, type WorkerEvent } from '../../runtime/events.ts'
import { taskPhases, type TaskPhase } from '../../runtime/task/life.ts'
import type { Figures } from './figures.ts'

type EventOf<Kind extends WorkerEvent['kind']> = Extract<WorkerEvent, { kind: Kind }>

const stateGauges = ['payflow_state_keys', 'payflow_state_bytes'] as const
const ended = new Set<TaskPhase>(['revoked', 'failed'])

/** Makes figures of what happens in the runtime of this process. Everything about a worker is there from the start, if only as 0. */
export class EventFigures {
  readonly #figures: Figures
  /** Worker → partition → phase. */
  readonly #phases = new Map<string, Map<number, TaskPhase>>()
  readonly #outputs = new Map<string, string>()
  /** Worker and partition → offsets of the changelog read in this restore. */
  readonly #restored = new Map<string, number>()
  /** Worker and partition → where its state was at the last commit. */
  readonly #stores = new Map<string, 'memory' | 'disk'>()
  /** Worker, topic and partition → since when its open transaction is, in ms since 1970. */
  readonly #open = new Map<
    string,
    { readonly at: { worker: string; topic: string; partition: number }; sinceMs: number }
  >()

  constructor(figures: Figures, workers: readonly AnyWorker[]) {
    this.#figures = figures
    for (const worker of workers) {
      this.#begin(worker)
      this.#beginTally(worker)
    }
  }

  readonly onEvent = (event: WorkerEvent): void => {
    const figures = this.#figures
    switch (event.kind) {
      case 'assigned':
        figures.add('payflow_rebalances_total', { worker: event.worker })
        if (event.ms !== undefined)
          figures.observe('payflow_rebalance_duration_seconds', { worker: event.worker }, event.ms / 1000)
        break
      case 'phase':
        this.#moved(event)
        break
      case 'restoring':
        this.#restoring(event)
        break
      case 'committed':
        this.#committed(event)
        break
      case 'transaction':
        this.#transaction(event)
        break
      case 'aborted':
      case 'fenced': {
        const reason = event.kind === 'fenced' ? 'fenced' : (event.reason ?? 'broker')
        figures.add('payflow_task_restarts_total', { worker: event.worker, reason })
        break
      }
      case 'dead-letter':
        for (const [reason, records] of Object.entries(event.reasons ?? { refused: event.records }))
          figures.add('payflow_dead_letters_total', { worker: event.worker, reason }, records)
        break
      case 'stalled':
        figures.add('payflow_stalls_total', { worker: event.worker })
        break
      case 'waiting': {
        const { worker, topic, partition, seconds, transaction } = event
        const sinceMs = transaction?.since ?? Date.now() - seconds * 1000
        this.#open.set(JSON.stringify([worker, topic, partition]), { at: { worker, topic, partition }, sinceMs })
        break
      }
      case 'waiting-over': {
        const { worker, topic, partition } = event
        this.#open.delete(JSON.stringify([worker, topic, partition]))
        figures.clear('payflow_open_transaction_age_seconds', { worker, topic, partition })
        break
      }
      default:
    }
  }

  /** Brings what changes with time up to date; to be called before the figures are read. */
  refresh(): void {
    for (const { at, sinceMs } of this.#open.values())
      this.#figures.set('payflow_open_transaction_age_seconds', at, Math.max(0, Date.now() - sinceMs) / 1000)
  }

  #begin(definition: AnyWorker): void {
    const { name: worker, inputs } = definition
    const figures = this.#figures
    // what a transaction tells is the number of records to all of them
    const output = outputNames(definition).join(',')
    this.#outputs.set(worker, output)
    this.#phases.set(worker, new Map())
    this.#showPhases(worker)
    for (const { name: topic } of Object.values(inputs))
      figures.add('payflow_records_consumed_total', { worker, topic }, 0)
    for (const topic of [output, DEAD_LETTERS, inboxTopic(worker)])
      figures.add('payflow_records_produced_total', { worker, topic }, 0)
    for (const result of transactionResults) figures.add('payflow_transactions_total', { worker, result }, 0)
    for (const reason of restartReasons) figures.add('payflow_task_restarts_total', { worker, reason }, 0)
    for (const reason of refusalKinds) figures.add('payflow_dead_letters_total', { worker, reason }, 0)
    for (const name of [
      'payflow_strays_total',
      'payflow_late_records_total',
      'payflow_rebalances_total',
      'payflow_restore_records_total',
      'payflow_stalls_total',
      'payflow_throttled_seconds_total',
    ] as const)
      figures.add(name, { worker }, 0)
  }

  #beginTally({ name: worker, tally }: AnyWorker): void {
    if (tally?.revenueCents) this.#figures.add('payflow_revenue_cents_total', { worker }, 0)
    for (const state of tally?.orderState ? orderStatuses : [])
      this.#figures.add('payflow_orders_total', { worker, state }, 0)
  }

  #moved({ worker, partition, to }: EventOf<'phase'>): void {
    const phases = this.#phases.get(worker)
    if (!phases) return
    const at = { worker, partition }
    phases.set(partition, to)
    if (to === 'restoring') this.#restored.delete(JSON.stringify([worker, partition]))
    if (to === 'running') this.#figures.set('payflow_restore_remaining_records', at, 0)
    if (ended.has(to)) {
      phases.delete(partition)
      for (const name of ['payflow_restore_remaining_records', ...stateGauges] as const) this.#figures.clear(name, at)
    }
    this.#showPhases(worker)
  }

  #showPhases(worker: string): void {
    const now = [...this.#phases.get(worker)!.values()]
    for (const state of taskPhases)
      if (!ended.has(state))
        this.#figures.set('payflow_tasks', { worker, state }, now.filter((phase) => phase === state).length)
  }

  #restoring({ worker, partition, done, total }: EventOf<'restoring'>): void {
    const key = JSON.stringify([worker, partition])
    // each look at the changelog counts from where it began
    const before = this.#restored.get(key) ?? 0
    this.#restored.set(key, done)
    this.#figures.add('payflow_restore_records_total', { worker }, Math.max(0, done >= before ? done - before : done))
    this.#figures.set('payflow_restore_remaining_records', { worker, partition }, Math.max(0, total - done))
  }

  #committed(event: EventOf<'committed'>): void {
    const { worker, partition, emitted, deadLetters, strays, late = 0, consumed = {} } = event
    const figures = this.#figures
    const produced = [[this.#outputs.get(worker), emitted], [DEAD_LETTERS, deadLetters], [inboxTopic(worker), strays]] as const // prettier-ignore
    for (const [topic, records] of Object.entries(consumed))
      figures.add('payflow_records_consumed_total', { worker, topic }, records)
    for (const [topic, records] of produced)
      if (topic !== undefined && records > 0) figures.add('payflow_records_produced_total', { worker, topic }, records)
    if (strays > 0) figures.add('payflow_strays_total', { worker }, strays)
    if (late > 0) figures.add('payflow_late_records_total', { worker }, late)
    if (event.tally && event.tally.revenueCents > 0)
      figures.add('payflow_revenue_cents_total', { worker }, event.tally.revenueCents)
    for (const [state, orders] of Object.entries(event.tally?.orders ?? {}))
      figures.add('payflow_orders_total', { worker, state }, orders)
    if (event.processed === 0) return
    if (event.ageMs !== undefined) figures.observe('payflow_record_e2e_latency_seconds', { worker }, event.ageMs / 1000)
    if (event.processMs !== undefined)
      figures.observe('payflow_process_duration_seconds', { worker }, event.processMs / 1000)
    if (event.state) this.#stateIs({ worker, partition }, event.state)
  }

  #stateIs(
    at: { worker: string; partition: number },
    { store, keys, bytes }: NonNullable<EventOf<'committed'>['state']>,
  ): void {
    const figures = this.#figures
    const id = JSON.stringify([at.worker, at.partition])
    if (this.#stores.get(id) !== store) {
      for (const name of stateGauges) figures.clear(name, at)
      this.#stores.set(id, store)
    }
    figures.set('payflow_state_keys', { ...at, store }, keys)
    figures.set('payflow_state_bytes', { ...at, store }, bytes)
  }

  #transaction({ worker, result, records, ms }: EventOf<'transaction'>): void {
    this.#figures.add('payflow_transactions_total', { worker, result })
    this.#figures.observe('payflow_transaction_duration_seconds', { worker, result }, ms / 1000)
    if (result === 'committed' && records > 0) this.#figures.observe('payflow_transaction_records', { worker }, records)
  }
}
