import type { Command } from 'commander'
import { count, duration, fraction, rate, seed, time } from '../shell/parsers.ts'

/** The options of `produce` and `all` about the flow of events, as commander gives them. */
export interface TypedFlow {
  readonly rate?: number | 'max'
  readonly count?: number
  readonly duration?: number
  readonly seed?: number
  readonly start?: number
  readonly failureRate?: number
}

export function addFlowOptions(command: Command): Command {
  return command
    .option('--rate <n>', 'events per second of each kind, or max (orders 50, payments 50, users 20)', rate)
    .option('--count <n>', 'stop after this many events of each kind', count)
    .option('--duration <time>', 'stop after this time, such as 30s', duration)
    .option('--seed <n>', 'the same seed writes the same events (a random one, which is shown)', seed)
    .option('--start <time>', 'time of the first event, ISO-8601 (now)', time)
    .option('--failure-rate <0..1>', 'share of the payments that fail (0.15)', fraction)
    .option('--compression <codec>', 'write with none, gzip, snappy, lz4 or zstd (PAYFLOW_COMPRESSION, none)')
}

export const flowOptionsOf = ({ duration: durationMs, start: startMs, ...rest }: TypedFlow) => ({
  ...(rest.rate !== undefined && { rate: rest.rate }),
  ...(rest.count !== undefined && { count: rest.count }),
  ...(rest.seed !== undefined && { seed: rest.seed }),
  ...(rest.failureRate !== undefined && { failureRate: rest.failureRate }),
  ...(durationMs !== undefined && { durationMs }),
  ...(startMs !== undefined && { startMs }),
})
