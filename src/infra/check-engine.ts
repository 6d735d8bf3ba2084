import { findingOf, type Check, type CheckFinding } from '../check.ts'
import { runCommand } from './command.ts'
import { dockerStates, probeDocker, requireDocker } from './docker/probe.ts'
import type { EngineName, InfraOptions, InfraStatus } from './engine.ts'
import { flawsOf } from './local/jars.ts'
import { findJava, majorVersion } from './local/java.ts'
import { layoutOf, releases } from './local/layout.ts'
import { mavenMissing } from './local/maven.ts'
import { isPortFree, portInUse } from './ports.ts'
import { portOwner } from './port-owner.ts'

const TIMEOUT_MS = 20_000

interface Surroundings extends Pick<InfraOptions, 'home' | 'env' | 'kafka'> {
  readonly signal?: AbortSignal
}

async function failureOf(look: () => Promise<unknown>, evidence: readonly string[]): Promise<CheckFinding[]> {
  try {
    await look()
    return []
  } catch (error) {
    return [findingOf(error, evidence)]
  }
}

/** The Java that would run the brokers. */
export async function checkJava({ env, kafka = '3.9', signal }: Surroundings): Promise<Check> {
  const oldestMajor = releases[kafka].java
  const from = env.JAVA_HOME ? `JAVA_HOME is ${env.JAVA_HOME}` : `PATH is ${env.PATH ?? 'not set'}`
  const findings = await failureOf(() => findJava(env, { oldestMajor, signal }), [from])
  if (findings.length > 0) return { name: 'java', summary: 'not usable', findings }
  const java = await findJava(env, { oldestMajor, signal })
  const { stderr, stdout } = await runCommand(java, ['-version'], { env, timeoutMs: TIMEOUT_MS, signal })
  return { name: 'java', summary: `Java ${majorVersion(`${stderr}\n${stdout}`) ?? '?'} (${java})`, findings: [] }
}

/** Maven is needed once, to fetch Kafka's jars. */
export async function checkMaven({ home, env, kafka = '3.9', signal }: Surroundings): Promise<Check> {
  const { jars } = layoutOf(home, kafka)
  const flaws = flawsOf(jars)
  if (flaws.length === 0) return { name: 'maven', summary: `not needed: Kafka's jars are in ${jars}`, findings: [] }
  const { outcome, exitCode, stdout } = await runCommand('mvn', ['-v'], { env, timeoutMs: TIMEOUT_MS, signal })
  const evidence = [`Kafka's jars in ${jars}: ${flaws[0] ?? 'not there yet'}`, `PATH is ${env.PATH ?? 'not set'}`]
  if (outcome === 'not-found') return { name: 'maven', summary: 'missing', findings: [findingOf(mavenMissing(), evidence)] } // prettier-ignore
  const version = /Apache Maven ([\d.]+\d)/.exec(stdout)?.[1]
  if (exitCode === 0 && version !== undefined)
    return { name: 'maven', summary: `Maven ${version}, to fetch Kafka's jars once`, findings: [] }
  const what = "Maven (mvn) does not run, and Kafka's jars are not there yet"
  return { name: 'maven', summary: 'not usable', findings: [{ severity: 'error', what, evidence, hint: 'run `mvn -v` and mend what it says; or use --engine docker' }] } // prettier-ignore
}

/** `required`: nobody may run the brokers but docker. */
export async function checkDocker({ env, signal }: Surroundings, required: boolean): Promise<Check> {
  const state = await probeDocker(env, signal)
  if (state === 'ready') return { name: 'docker', summary: 'its engine answers', findings: [] }
  const findings = required ? await failureOf(() => requireDocker(env, signal), [`PATH is ${env.PATH ?? 'not set'}`]) : [] // prettier-ignore
  return { name: 'docker', summary: required ? 'not usable' : `not used: ${dockerStates[state]}`, findings }
}

/** The ports that brokers are to have, while none run. */
export async function checkPorts(
  { kafkaPort, zookeeperPort, nodes, kafka }: InfraOptions,
  engine: EngineName,
  { running, brokers }: InfraStatus,
): Promise<Check> {
  if (running || brokers.length > 0)
    return { name: 'ports', summary: `${brokers.join(', ')}: held by the brokers of this home`, findings: [] }
  const wanted: [number, string][] = [
    ...Array.from({ length: kafkaPort === 0 ? 0 : nodes }, (_, i): [number, string] => [kafkaPort + i, 'PAYFLOW_KAFKA_PORT']), // prettier-ignore
    ...(zookeeperPort !== 0 && kafka !== '4' ? [[zookeeperPort, 'PAYFLOW_ZOOKEEPER_PORT'] as [number, string]] : []),
  ]
  const findings: CheckFinding[] = []
  for (const [port, variable] of wanted)
    if (!(await isPortFree(port)))
      findings.push(findingOf(portInUse(port, variable), [`127.0.0.1:${port}: ${portOwner(port) ?? 'held, and the system does not say by whom'}`, `the engine ${engine} wants it (${variable})`])) // prettier-ignore
  const free = wanted.map(([port]) => port)
  return { name: 'ports', summary: free.length === 0 ? 'any free ones' : `${free.join(', ')}${findings.length > 0 ? ': in use' : ' are free'}`, findings } // prettier-ignore
}
