import { z } from 'zod'
import { failedPayments, frequentFailedPayments } from '../events/topics.ts'
import { STEPS, bucketOf, countIn, sumOf } from '../events/windows.ts'
import { defineWorker } from '../worker/define-worker.ts'
import { userKey } from '../events/user-key.ts'
import { countOption, windowOption } from './options.ts'

const failures = z.object({
  /** null: for ever. Counts of one window mean nothing in another. */
  window_ms: z.number().nullable(),
  bucket: z.int(),
  counts: z.array(z.int().min(0)).min(1).max(STEPS),
  newest: z.int(),
})

export const frequentFailedPaymentsWorker = defineWorker({
  name: 'frequent-failed-payments',
  summary: 'Users with too many failed payments within a moving window',
  inputs: { failed_payments: failedPayments },
  output: frequentFailedPayments,
  options: {
    threshold: countOption({
      flag: '--threshold <count>',
      description: 'more failures than this within the window are too many',
      default: '3',
    }),
    window: windowOption({
      flag: '--window <duration>',
      description: 'how far back failures count: a duration, or all; a changed window starts counting again',
      default: '10m',
    }),
  },
  state: {
    schema: failures,
    initial: null,
    key: { failed_payments: userKey },
  },
  partitionBy: { failed_payments: userKey },
  on: {
    failed_payments: ({ user_id, timestamp }, state, { threshold, window }) => {
      const window_ms = window === Infinity ? null : window
      const before = state?.window_ms === window_ms ? state : undefined
      const counted = countIn(before, bucketOf(timestamp, window))
      if (!counted) return { late: true }
      const newest = before && before.newest > timestamp ? before.newest : timestamp
      const count = sumOf(counted)
      return {
        state: { window_ms, bucket: counted.bucket, counts: counted.counts as number[], newest },
        emit: count > threshold ? [{ user_id, failed_payment_count: count, last_failed_timestamp: newest }] : [],
      }
    },
  },
})
