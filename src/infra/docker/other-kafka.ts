import { kafkaVersions, type KafkaVersion } from '../../settings/kafka-version.ts'
import type { InfraOptions } from '../engine.ts'
import { otherKafkaRuns } from '../other-kafka.ts'
import { Compose } from './compose.ts'

/** @throws PayflowError (usage) when containers of another Kafka than `wanted` serve this home */
export async function refuseOther(
  { home, env, packageRoot, log }: InfraOptions,
  wanted: KafkaVersion,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const kafka of kafkaVersions.filter((version) => version !== wanted)) {
    const containers = await new Compose({ home, env, kafka, root: packageRoot, log }).containers(signal)
    const running = containers.find(({ service, state }) => service === 'kafka' && state === 'running')
    if (running) throw otherKafkaRuns({ home, wanted, running: kafka, what: `container ${running.name}` })
  }
}
