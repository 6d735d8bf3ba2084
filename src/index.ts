/** What a custom worker and its tests are made of: see docs/workers.md. */
export { z } from 'zod'
export { defineWorker, type OptionSpecs, type StepResult, type WorkerDefinition, type WorkerOption } from './pipeline/worker/definition.ts' // prettier-ignore
export { amountOption, countOption, durationOption, windowOption } from './pipeline/workers/options.ts'
export { orderTotal } from './pipeline/workers/order-total.ts'

export { defineTopic } from './pipeline/events/define-topic.ts'
export { integer, money, nullable, oneOf, text, time, uuid, type Field } from './pipeline/codec/fields.ts'
export { nested, shape, type Shape } from './pipeline/codec/shape.ts'
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

export { addCents, divideCents, moneyText, multiplyCents, parseMoney, type Cents } from './pipeline/money.ts'
export { formatTimestamp, parseDuration, parseTimestamp } from './pipeline/time.ts'

export { cents, event, failedPayment, order, payment, userEvent, type TopicEvent } from './pipeline/testing/events.ts'
export { given, timePasses, type Expected, type Happening, type When } from './pipeline/testing/given.ts'

export { expectedEvents } from './pipeline/audit/expected-events.ts'
export type { AuditedInput, Difference, Findings, FoundOutput, Place, Rule, RuleOf, RuleSetup } from './pipeline/audit/rule.ts' // prettier-ignore
