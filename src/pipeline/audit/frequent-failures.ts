import type { EventOf, TopicSpec, failedPayments, frequentFailedPayments } from '../events/topics.ts'
import { Comparison } from './comparison.ts'
import { FailureLimits } from './failure-limits.ts'
import { FailureWindow } from './failure-window.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, Difference, Findings, FoundOutput, Rule, RuleOf } from './rule.ts'

type Failure = EventOf<typeof failedPayments>
type Frequent = EventOf<typeof frequentFailedPayments>

/** An event for each failure that makes more than `threshold` within the window, with how many those are. */
export const frequentFailuresRule: RuleOf = ({ output, options, partitionOf, unordered }): Rule => {
  const { window: windowMs, threshold } = options as { window: number; threshold: number }
  const topic = output as TopicSpec<Frequent>
  const comparison = new Comparison(output, partitionOf)
  const windows = new Map<string, FailureWindow>()
  const limits = new Map<string, FailureLimits>()
  const limitOf = (key: string): FailureLimits | undefined => {
    if (!unordered.has(key)) return undefined
    let limit = limits.get(key)
    if (!limit) limits.set(key, (limit = new FailureLimits(windowMs, threshold)))
    return limit
  }

  const input = ({ event, place, required }: AuditedInput): boolean => {
    const { user_id, timestamp } = event as Failure
    const key = String(user_id)
    const limit = limitOf(key)
    if (limit) {
      limit.add(timestamp, required)
      return false
    }
    let failures = windows.get(key)
    if (!failures) windows.set(key, (failures = new FailureWindow(windowMs)))
    if (!failures.add(timestamp) || failures.count <= threshold) return false
    const frequent = { user_id, failed_payment_count: failures.count, last_failed_timestamp: failures.newestMs }
    comparison.expect(key, topic.shape.encode(frequent), place, { required, ordered: true })
    return false
  }

  const outputWithin = (record: FoundOutput, limit: FailureLimits): void => {
    const frequent = readOutput(topic, record)
    if (!frequent || String(frequent.user_id) !== record.key || partitionOf(record.key) !== record.partition)
      comparison.reject(record, 'it is not an event of its key')
    else limit.warn(record, frequent.failed_payment_count, frequent.last_failed_timestamp)
  }

  return {
    aliases: ['failed_payments'],
    input,
    output: (record) => {
      const limit = limitOf(record.key ?? '')
      if (limit) outputWithin(record, limit)
      else comparison.find(record)
    },
    lead: (partition) => comparison.lead(partition),
    findings: () => withLimits(comparison.findings(), limits, { topic, partitionOf }),
  }
}

function withLimits(
  exact: Findings,
  limits: ReadonlyMap<string, FailureLimits>,
  { topic, partitionOf }: { topic: TopicSpec; partitionOf: (key: string) => number },
): Findings {
  let { expected, actual, missing, unexpected } = exact
  const differences: Difference[] = [...exact.differences]
  for (const [key, limit] of limits) {
    const { least, found, wrong } = limit.findings()
    const right = found - wrong.length
    const absent = Math.max(0, least - right)
    expected += Math.max(least, right)
    actual += found
    unexpected += wrong.length
    missing += absent
    for (const { record, note } of wrong) differences.push(wrongEvent(topic, record, note))
    if (absent > 0) {
      const expectation = `${least} events of user ${key}`
      differences.push({ topic: topic.name, partition: partitionOf(key), offset: null, expected: expectation, found: `${right} of them` }) // prettier-ignore
    }
  }
  return { ...exact, expected, actual, missing, unexpected, limited: limits.size, differences }
}

const wrongEvent = ({ name }: TopicSpec, { partition, offset, text }: FoundOutput, note: string): Difference => ({
  ...{ topic: name, partition, offset, expected: null, found: text, note },
})
