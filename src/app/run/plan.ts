import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Settings } from '../../settings/resolve.ts'
import { defaultRates, kinds, type FlowOptions } from '../producers.ts'

export interface AllOptions extends FlowOptions {
  readonly keepData: boolean
  readonly keepInfra: boolean
  /** Delete topics on a cluster that is not payflow's own, too. */
  readonly reset: boolean
  readonly ksql: boolean
  /** Break things while it flows. */
  readonly chaos: boolean
  /** End with an audit. */
  readonly audit: boolean
}

export interface PlannedStep {
  readonly step: string
  readonly does: string
  /** What the bash script did at this place. */
  readonly replaces: string
}

/** What `all` would do with these settings, in order, and what each step stands for in the old automate.sh. */
export function explainAll(settings: Settings, options: AllOptions): PlannedStep[] {
  const { brokersGiven, brokers, engine, partitions, home } = settings
  const keeps = options.keepData || (brokersGiven && !options.reset)
  const rates = kinds.map(
    (kind) => `${kind} ${options.rate ?? defaultRates[kind]}${options.rate === 'max' ? '' : '/s'}`,
  )
  const until = [
    ...(options.durationMs === undefined ? [] : [`for ${options.durationMs / 1000} s`]),
    ...(options.count === undefined ? [] : [`until ${options.count} of each are written`]),
  ]
  return [
    {
      step: 'Brokers',
      does: brokersGiven
        ? `use the brokers at ${brokers.join(', ')}; they are never stopped`
        : `start ZooKeeper and Kafka (engine ${engine}, data in ${home}) unless they run, and wait until they answer requests`,
      replaces: 'zookeeper-server-start and kafka-server-start in the background, and a sleep',
    },
    {
      step: 'Topics',
      does: keeps
        ? `keep the topics, create what is missing with ${partitions} partitions`
        : `delete the payflow topics and the workers' groups, wait until they are gone, create them with ${partitions} partitions`,
      replaces: 'kafka-topics --delete and kafka-topics --create for each topic, and a sleep between them',
    },
    {
      step: 'Workers',
      does: `start ${defaultWorkers.map(({ name }) => name).join(', ')}: a process each, started again when it dies`,
      replaces: 'a consumer program for each derived topic, in the background with &',
    },
    {
      step: 'ksqlDB',
      does: options.ksql
        ? 'create the streams, tables and queries of ksql/*.sql when ksqlDB is there'
        : 'leave ksqlDB out',
      replaces: 'ksql-server-start and ksql with a file of statements',
    },
    {
      step: 'Producers',
      does: `write ${rates.join(', ')} ${until.length > 0 ? until.join(' or ') : 'until Ctrl-C'}`,
      replaces: 'a producer program for each topic, in the background with &',
    },
    ...(options.chaos
      ? [
          {
            step: 'Chaos',
            does: "kill, freeze, cut and restart workers and payflow's own brokers while it flows; then let all recover",
            replaces: 'nothing: nobody knew what a crash would do',
          },
        ]
      : []),
    {
      step: 'End',
      does: `${until.length > 0 ? 'let the workers catch up, ' : ''}stop the workers${options.keepInfra || brokersGiven ? '' : ', and the brokers if this run started them'}; print what came of it${options.audit ? ', after an audit of it' : ''}`,
      replaces: 'kill, by hand, of whatever was left',
    },
  ]
}
