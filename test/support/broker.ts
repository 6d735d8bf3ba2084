import { inject } from 'vitest'
import type { InfraStatus } from '../../src/infra/engine.ts'
import type { LocalEngine } from '../../src/infra/local/local-engine.ts'
import type { KafkaVersion } from '../../src/settings/kafka-version.ts'
import { testKafka } from './java-options.ts'
import { temporaryHome } from './home.ts'
import { localEngine, startBroker } from './local-broker.ts'

/** The broker that all tests of this run share. */
export const brokers = (): string[] => inject('brokers')

/** A cluster of the test's own, for those that kill brokers. It is stopped and removed when the test ends. */
export async function ownBroker(
  nodes = 1,
  kafka: KafkaVersion = testKafka,
): Promise<InfraStatus & { home: string; env: NodeJS.ProcessEnv; infra: LocalEngine }> {
  const { home, env } = await temporaryHome()
  const status = await startBroker(home, { nodes, kafka })
  return { ...status, home, env, infra: localEngine(home, { nodes, kafka }) }
}
