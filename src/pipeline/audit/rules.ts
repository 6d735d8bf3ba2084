import { enrichedOrdersRule } from './enriched-orders.ts'
import { frequentFailuresRule } from './frequent-failures.ts'
import { orderStatusesRule } from './order-statuses.ts'
import { failedPaymentsRule, largeOrdersRule } from './picked-payments.ts'
import type { RuleOf } from './rule.ts'
import { runningRevenueRule } from './running-revenue.ts'

/** The rules of the built-in workers, by their names. */
export const auditRules: ReadonlyMap<string, RuleOf> = new Map([
  ['failed-payments', failedPaymentsRule],
  ['large-orders', largeOrdersRule],
  ['aggregated-revenue', runningRevenueRule],
  ['frequent-failed-payments', frequentFailuresRule],
  ['process-orders', enrichedOrdersRule],
  ['process-payments', orderStatusesRule],
])
