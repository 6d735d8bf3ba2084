import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../errors.ts'
import { noLog, type Log } from '../../log.ts'
import type { KafkaVersion } from '../../settings/kafka-version.ts'
import { runCommand, type CommandResult } from '../command.ts'
import { homeSuffix } from '../home.ts'
import { packageRoot } from '../../package-root.ts'

export interface ComposePorts {
  readonly kafka: number
  /** Undefined where there is none. */
  readonly zookeeper: number | undefined
  readonly ksql: number
}

/** The ports inside the containers, as docker-compose.yml publishes them. */
const containerPorts = { zookeeper: 2181, kafka: 9092, ksqldb: 8088 }
export type ContainerName = keyof typeof containerPorts
export const containerNames = Object.keys(containerPorts) as ContainerName[]

/** Each Kafka has a file and a project of its own: neither finds the other's containers or volumes. */
const files: Readonly<Record<KafkaVersion, { readonly file: string; readonly project: string }>> = {
  '3.9': { file: 'docker-compose.yml', project: 'payflow' },
  '4': { file: 'docker-compose.kafka4.yml', project: 'payflow-kafka4' },
}
/** The services of its file. */
export const servicesOf = (kafka: KafkaVersion): ContainerName[] =>
  containerNames.filter((name) => kafka === '3.9' || name !== 'zookeeper')

/** Where docker-compose.yml and a user say which port of 127.0.0.1 it is. */
export const portVariables: Readonly<Record<ContainerName, string>> = {
  zookeeper: 'PAYFLOW_ZOOKEEPER_PORT',
  kafka: 'PAYFLOW_KAFKA_PORT',
  ksqldb: 'PAYFLOW_KSQL_PORT',
}

const containerSchema = z.object({
  Service: z.string(),
  Name: z.string(),
  State: z.string(),
  Health: z.string().default(''),
  Publishers: z
    .array(z.object({ TargetPort: z.number(), PublishedPort: z.number() }))
    .nullish()
    .transform((publishers) => publishers ?? []),
})

export interface Container {
  readonly service: ContainerName
  readonly name: string
  readonly state: string
  readonly serving: boolean
  /** On 127.0.0.1; undefined while it does not run. */
  readonly port: number | undefined
}

/** The answer of `docker compose ps --format json`: an array in older versions, an object a line in newer ones. */
export function parseContainers(output: string): Container[] {
  const text = output.trim()
  if (text === '') return []
  const values: unknown[] = text.startsWith('[')
    ? (JSON.parse(text) as unknown[])
    : text.split('\n').map((line) => JSON.parse(line) as unknown)
  return values.flatMap((value) => {
    const { Service, Name, State, Health, Publishers } = containerSchema.parse(value)
    const service = containerNames.find((name) => name === Service)
    if (service === undefined) return []
    const published = Publishers.find(
      ({ TargetPort, PublishedPort }) => TargetPort === containerPorts[service] && PublishedPort > 0,
    )
    const serving = State === 'running' && Health === 'healthy'
    return [{ service, name: Name, state: State, serving, port: published?.PublishedPort }]
  })
}

export interface ComposeOptions {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly kafka?: KafkaVersion
  readonly root?: string | undefined
  readonly log?: Log | undefined
}

/** payflow's own compose project: one for each PAYFLOW_HOME and Kafka. */
export class Compose {
  readonly project: string
  readonly #file: string
  readonly #env: NodeJS.ProcessEnv
  readonly #log: Log

  constructor({ home, env, kafka = '3.9', root = packageRoot, log = noLog }: ComposeOptions) {
    const { file, project } = files[kafka]
    this.project = `${project}${homeSuffix(home)}`
    this.#file = join(root, file)
    this.#env = env
    this.#log = log
  }

  async run(
    args: readonly string[],
    options: { ports?: ComposePorts; signal?: AbortSignal | undefined; onLine?: (line: string) => void } = {},
  ): Promise<CommandResult> {
    const { ports, ...rest } = options
    const env = {
      ...this.#env,
      ...(ports && {
        PAYFLOW_KAFKA_PORT: String(ports.kafka),
        ...(ports.zookeeper !== undefined && { PAYFLOW_ZOOKEEPER_PORT: String(ports.zookeeper) }),
        PAYFLOW_KSQL_PORT: String(ports.ksql),
      }),
    }
    const result = await runCommand('docker', this.#arguments(args), { env, ...rest })
    const { outcome, exitCode } = result
    const said = exitCode === 0 ? undefined : result.stderr.trim().split('\n').at(-1)
    this.#log(exitCode === 0 ? 'debug' : 'warn', 'compose', { arguments: args, outcome, exitCode, said })
    return result
  }

  /** Runs a command that goes on when this process ends, unseen. */
  detach(args: readonly string[]): void {
    const child = spawn('docker', this.#arguments(args), { env: this.#env, detached: true, stdio: 'ignore' })
    child.once('error', (error) => this.#log('error', 'compose', { arguments: args, error: messageOf(error) }))
    child.unref()
  }

  /** Every command sees the ksqlDB service; `up` names the services that it wants. */
  #arguments(args: readonly string[]): string[] {
    return ['compose', '--ansi', 'never', '-f', this.#file, '-p', this.project, '--profile', 'ksql', ...args]
  }

  /** All containers of the project, running or not; none when the engine cannot be asked. */
  async containers(signal?: AbortSignal): Promise<Container[]> {
    const { exitCode, stdout } = await this.run(['ps', '--all', '--format', 'json'], { signal })
    return exitCode === 0 ? parseContainers(stdout) : []
  }

  async lastLogLines(service: ContainerName, count: number): Promise<string> {
    const { stdout, stderr } = await this.run(['logs', '--no-log-prefix', '--tail', String(count), service])
    return `${stdout}\n${stderr}`
  }
}
