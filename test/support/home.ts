import { onTestFinished } from 'vitest'
import { testKafka } from './java-options.ts'
import { createHome, removeHome } from './local-broker.ts'

/** Latency is not what is tested: a longer linger makes fewer transactions of the same events, and a third less work for the processors. */
const unhurried = { PAYFLOW_LINGER: '200ms' }

/** A PAYFLOW_HOME for one test, with Kafka's jars; whatever runs there is stopped when the test ends. */
export async function temporaryHome(): Promise<{ home: string; env: NodeJS.ProcessEnv }> {
  const home = await createHome()
  onTestFinished(() => removeHome(home))
  const own = {
    PAYFLOW_ENGINE: 'local',
    PAYFLOW_HOME: home,
    PAYFLOW_KAFKA: testKafka,
    PAYFLOW_KAFKA_PORT: '0',
    PAYFLOW_ZOOKEEPER_PORT: '0',
    ...unhurried,
  }
  return { home, env: { ...process.env, ...own } }
}
