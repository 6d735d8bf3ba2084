import { PayflowError } from '../errors.ts'
import type { KafkaVersion } from '../settings/kafka-version.ts'

interface Other {
  readonly home: string
  readonly wanted: KafkaVersion
  readonly running: KafkaVersion
  /** What shows that it runs: a process or a container, in words. */
  readonly what: string
}

/** One home has one cluster at a time: clients of the one that runs would find none of their topics in another. */
export const otherKafkaRuns = ({ home, wanted, running, what }: Other): PayflowError =>
  new PayflowError('KAFKA_DIFFERS', `Kafka ${running} runs in ${home} (${what}), not Kafka ${wanted}`, {
    kind: 'usage',
    hint: `stop it with \`payflow infra down --kafka ${running}\` (its data stay), or set PAYFLOW_HOME to another directory`,
  })
