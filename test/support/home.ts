import { onTestFinished } from 'vitest'
import { createHome, removeHome } from './local-broker.ts'

/** A PAYFLOW_HOME for one test, with Kafka's jars; whatever runs there is stopped when the test ends. */
export async function temporaryHome(): Promise<{ home: string; env: NodeJS.ProcessEnv }> {
  const home = await createHome()
  onTestFinished(() => removeHome(home))
  const own = { PAYFLOW_ENGINE: 'local', PAYFLOW_HOME: home, PAYFLOW_KAFKA_PORT: '0', PAYFLOW_ZOOKEEPER_PORT: '0' }
  return { home, env: { ...process.env, ...own } }
}
