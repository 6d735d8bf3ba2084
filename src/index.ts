/** What a custom worker and its tests are made of: see docs/workers.md. */
export { z } from 'zod'
export { defineWorker } from './pipeline/worker/define-worker.ts'
export type { StepResult, WorkerDefinition } from './pipeline/worker/definition.ts'
export type { OptionSpecs, WorkerOption } from './pipeline/worker/option-specs.ts'
export { amountOption, countOption, durationOption, windowOption } from './pipeline/workers/options.ts'
export { orderTotal } from './pipeline/workers/order-total.ts'

export type { RecordContext } from './pipeline/worker/context.ts'
export type { KeyedRecord } from './pipeline/worker/keyed-record.ts'
export { defineTopic } from './pipeline/events/define-topic.ts'
export { toRecord, type OutputRecord } from './pipeline/events/output-record.ts'
export { table, type Table } from './pipeline/events/table.ts'
export { integer, money, nullable, oneOf, text, time, uuid, type Field } from './pipeline/codec/fields.ts'
export { bigint, boolean, decimal, epochMillis, epochSeconds, number } from './pipeline/codec/number-fields.ts'
export { list, literal, optional, record, unknown } from './pipeline/codec/collection-fields.ts'
export { nested, shape, type Shape } from './pipeline/codec/shape.ts'
export { union } from './pipeline/codec/union.ts'
export { zodCents } from './pipeline/codec/zod-cents.ts'
export { zodField, zodShape } from './pipeline/codec/zod-shape.ts'
export {
  aggregatedRevenue,
  enrichedOrders,
  failedPayments,
  frequentFailedPayments,
  largeOrders,
  orders,
  orderStatus,
  payments,
  users,
  type EventOf,
  type Order,
  type Payment,
  type TopicSpec,
  type UserEvent,
} from './pipeline/events/topics.ts'

export { hopping, tumbling, type HoppingWindows } from './pipeline/windows/hopping.ts'
export { joinWithin, type Joining, type TimeJoin } from './pipeline/windows/join.ts'
export { session, type SessionWindows } from './pipeline/windows/session.ts'
export { sliding, type SlidingWindows } from './pipeline/windows/sliding.ts'
export { joinTable, type TableJoin, type TableJoining } from './pipeline/windows/table-join.ts'
export type { Window, Windows } from './pipeline/windows/window.ts'

export { addCents, divideCents, moneyText, multiplyCents, parseMoney, type Cents } from './pipeline/money.ts'
export { decimalText, parseDecimal } from './pipeline/codec/decimal.ts'
export { formatTimestamp, parseDuration, parseTimestamp } from './pipeline/time.ts'

export {
  cents,
  event,
  failedPayment,
  order,
  payment,
  tombstone,
  userEvent,
  type Tombstone,
  type TopicEvent,
} from './pipeline/testing/events.ts'
export { given, timePasses, type Expected, type Happening, type When } from './pipeline/testing/given.ts'

export { expectedEvents } from './pipeline/audit/expected-events.ts'
export { expectedTotals } from './pipeline/audit/expected-totals.ts'
export type { AuditedInput, Difference, Findings, FoundOutput, Place, Rule, RuleOf, RuleSetup } from './pipeline/audit/rule.ts' // prettier-ignore
