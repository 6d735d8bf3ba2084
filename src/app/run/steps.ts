import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { ChaosEvent } from '../chaos/chaos.ts'
import type { Report } from '../cluster.ts'
import { kinds } from '../../pipeline/sources/source.ts'
import { defaultRates } from '../producers.ts'
import type { AllRun } from './all.ts'
import { keepsTopics, type AllOptions } from './options.ts'

/** One step of `payflow all`: what runs, what the screen shows, and what `--explain` prints. */
export interface Step {
  readonly title: string
  /** What it does, in words; undefined where these options leave it out. */
  readonly does: (settings: Settings, options: AllOptions) => string | undefined
  /** What the bash script did at this place. */
  readonly replaces: string
  /** Returns its result, in words. Absent: it comes when the run ends. */
  readonly run?: (run: AllRun, hooks: StepHooks) => Promise<string>
}

interface StepHooks {
  readonly report: Report
  readonly onChaos: (event: ChaosEvent) => void
}

const endOf = ({ durationMs, count }: AllOptions): string[] => [
  ...(durationMs === undefined ? [] : [`for ${durationMs / 1000} s`]),
  ...(count === undefined ? [] : [`until ${count} of each are written`]),
]

export const steps: readonly Step[] = [
  {
    title: 'Brokers',
    does: ({ brokersGiven, brokers, engine, home }) =>
      brokersGiven
        ? `use the brokers at ${brokers.join(', ')}; they are never stopped`
        : `start ZooKeeper and Kafka (engine ${engine}, data in ${home}) unless they run, and wait until they answer requests`,
    replaces: 'zookeeper-server-start and kafka-server-start in the background, and a sleep',
    run: (run, { report }) => run.brokers(report),
  },
  {
    title: 'Topics',
    does: (settings, options) =>
      keepsTopics(settings, options)
        ? `keep the topics, create what is missing with ${settings.partitions} partitions`
        : `delete the payflow topics and the workers' groups, wait until they are gone, create them with ${settings.partitions} partitions`,
    replaces: 'kafka-topics --delete and kafka-topics --create for each topic, and a sleep between them',
    run: (run, { report }) => run.topics(report),
  },
  {
    title: 'Workers',
    does: () =>
      `start ${defaultWorkers.map(({ name }) => name).join(', ')}: a process each, started again when it dies`,
    replaces: 'a consumer program for each derived topic, in the background with &',
    run: (run, { report }) => run.workers(report),
  },
  {
    title: 'ksqlDB',
    does: (_, { ksql }) =>
      ksql ? 'create the streams, tables and queries of ksql/*.sql when ksqlDB is there' : 'leave ksqlDB out',
    replaces: 'ksql-server-start and ksql with a file of statements',
    run: (run, { report }) => run.ksql(report),
  },
  {
    title: 'Producers',
    does: (_, options) => {
      const rates = kinds.map(
        (kind) => `${kind} ${options.rate ?? defaultRates[kind]}${options.rate === 'max' ? '' : '/s'}`,
      )
      return `write ${rates.join(', ')} ${endOf(options).join(' or ') || 'until Ctrl-C'}`
    },
    replaces: 'a producer program for each topic, in the background with &',
    run: (run) => Promise.resolve(run.produce()),
  },
  {
    title: 'Chaos',
    does: (_, { chaos }) =>
      chaos
        ? "kill, freeze, cut and restart workers and payflow's own brokers during the run; then let everything recover"
        : undefined,
    replaces: 'nothing: nobody knew what a crash would do',
    run: (run, { onChaos }) => run.injectFaults(onChaos),
  },
  {
    title: 'End',
    does: ({ brokersGiven }, options) => {
      const brokers = options.keepInfra || brokersGiven ? '' : ', and the brokers if this run started them'
      const audit = options.audit ? 'audit the outputs and ' : ''
      return `${endOf(options).length > 0 ? 'let the workers catch up, ' : ''}stop the workers${brokers}; ${audit}print a summary`
    },
    replaces: 'kill, by hand, of whatever was left',
  },
]

export interface PlannedStep {
  readonly step: string
  readonly does: string
  readonly replaces: string
}

/** What `all` would do with these settings, in order, and what each step stands for in the old automate.sh. */
export const explainAll = (settings: Settings, options: AllOptions): PlannedStep[] =>
  steps.flatMap(({ title, does, replaces }) => {
    const text = does(settings, options)
    return text === undefined ? [] : [{ step: title, does: text, replaces }]
  })
