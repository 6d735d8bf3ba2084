import { PayflowError, messageOf } from '../../errors.ts'
import { describeBrokers, waitForBrokers } from '../../kafka/readiness.ts'
import { readRecord, removeRecord, writeRecord } from '../../settings/infra-record.ts'
import type { KafkaVersion } from '../../settings/kafka-version.ts'
import type { BrokerFaults, Engine, InfraOptions, InfraStatus, Report } from '../engine.ts'
import { explainHomeError, prepareHome } from '../home.ts'
import { withLock } from '../lock.ts'
import { sameProcess, type ProcessIdentity } from '../processes.ts'
import { isStillRegistered } from '../service-failure.ts'
import { layoutOf } from '../local/layout.ts'
import { claimPorts } from './claim-ports.ts'
import { Compose, servicesOf, type ComposePorts, type Container, type ContainerName } from './compose.ts'
import { dockerBrokerFaults } from './broker-faults.ts'
import { explainComposeFailure, failedService } from './failure.ts'
import { ownerOf } from './owner.ts'
import { refuseOther } from './other-kafka.ts'
import { showProgress } from './progress.ts'
import { probeDocker, requireDocker } from './probe.ts'

const ANSWER_TIMEOUT_MS = 3_000
const BROKER_TIMEOUT_MS = 60_000
const START_TIMEOUT_SECONDS = 300
const SHOWN_LOG_LINES = 60
const MOST_ATTEMPTS = 5

const address = (port: number): string => `127.0.0.1:${port}`
/** The containers of docker-compose.yml, or of docker-compose.kafka4.yml. */
export class DockerEngine implements Engine {
  readonly name = 'docker'
  readonly faults: BrokerFaults
  readonly #options: InfraOptions
  readonly #kafka: KafkaVersion
  readonly #compose: Compose
  #startedAll = false

  constructor(options: InfraOptions) {
    this.#options = options
    const { home, env, packageRoot, log } = options
    const record = readRecord(home)
    this.#kafka = options.kafka ?? (record?.engine === this.name ? record.kafka : undefined) ?? '3.9'
    this.#compose = new Compose({ home, env, kafka: this.#kafka, root: packageRoot, log })
    this.faults = dockerBrokerFaults(this.#compose)
  }

  async status(): Promise<InfraStatus> {
    if ((await probeDocker(this.#options.env)) !== 'ready') return this.#statusOf([], false)
    const containers = await this.#compose.containers()
    return this.#statusOf(containers, await this.#answers(containers))
  }

  async up(report: Report, signal?: AbortSignal): Promise<InfraStatus & { started: boolean }> {
    const { home, nodes, env, log } = this.#options
    if (nodes > 1)
      throw new PayflowError('NODES_UNSUPPORTED', 'The docker engine runs one broker', {
        kind: 'usage',
        hint: `--engine local runs a cluster of ${nodes}`,
      })
    prepareHome(home)
    await requireDocker(env, signal)
    try {
      return await withLock(layoutOf(home).lock, { report, log, signal }, () => this.#start(report, signal))
    } catch (error) {
      throw explainHomeError(error, home)
    }
  }

  endNow(): void {
    if (this.#startedAll) this.#compose.detach(['down', '--remove-orphans', '--timeout', '0'])
  }

  async down(
    { volumes, run }: { volumes: boolean; run?: ProcessIdentity },
    report: Report,
  ): Promise<{ stopped: boolean }> {
    const { home, env } = this.#options
    if (run && !this.#isOf(run)) return { stopped: false }
    await requireDocker(env)
    const containers = await this.#compose.containers()
    if (volumes) report(`Removing the data of Kafka ${this.#kafka} (the volumes of ${this.#compose.project})`)
    if (containers.length > 0 || volumes) await this.#remove(volumes, report)
    try {
      if (readRecord(home)?.engine === this.name) removeRecord(home)
    } catch (error) {
      report(`What \`infra up\` recorded in ${home} stays there: ${messageOf(error)}`)
    }
    return { stopped: containers.length > 0 }
  }

  /** Whether the containers end with that run, by the record or, where that is lost, by what this object started. */
  #isOf(run: ProcessIdentity): boolean {
    const owner = readRecord(this.#options.home)?.run ?? (this.#startedAll ? this.#options.run : undefined)
    return owner !== undefined && sameProcess(owner, run)
  }

  async logs(
    { service, follow, lines }: { service?: string; follow: boolean; lines: number },
    write: (line: string) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await requireDocker(this.#options.env)
    const existing = (await this.#compose.containers()).map((container) => container.service)
    const chosen = service === undefined ? existing : existing.filter((name) => name === service)
    if (chosen.length === 0) throw noLogs(service, existing)
    const flags = [
      '--tail',
      String(lines),
      ...(follow ? ['--follow'] : []),
      ...(chosen.length === 1 ? ['--no-log-prefix'] : []),
    ]
    try {
      await this.#compose.run(['logs', ...flags, ...chosen], { signal, onLine: write })
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  }

  async #start(report: Report, signal: AbortSignal | undefined): Promise<InfraStatus & { started: boolean }> {
    const { home } = this.#options
    const wanted = servicesOf(this.#kafka).filter((name) => name !== 'ksqldb' || this.#options.ksql)
    await refuseOther(this.#options, this.#kafka, signal)
    const before = await this.#compose.containers(signal)
    const complete = wanted.every((name) => before.some(({ service, serving }) => service === name && serving))
    const owner = ownerOf(home, this.#options.run, before.length === 0)
    if (complete && (await this.#answers(before))) return this.#finish(before, false, owner)
    const ports = await claimPorts(this.#options, this.#kafka, before)
    this.#startedAll = before.length === 0
    try {
      await this.#composeUp(wanted, ports, report, signal)
      await waitForBrokers({ brokers: [address(ports.kafka)] }, 1, BROKER_TIMEOUT_MS, signal)
      report(`Kafka answers on ${address(ports.kafka)}`)
      return this.#finish(await this.#compose.containers(signal), true, owner)
    } catch (error) {
      if (this.#startedAll)
        await this.#remove(false, report).catch((left: unknown) => report(`What was started stays: ${messageOf(left)}`))
      throw error
    }
  }

  async #composeUp(
    services: ContainerName[],
    ports: ComposePorts,
    report: Report,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const args = ['up', '--detach', '--wait', '--wait-timeout', String(START_TIMEOUT_SECONDS), ...services]
    const onLine = showProgress(report)
    for (let attempt = 1; ; attempt++) {
      const { exitCode, stdout, stderr } = await this.#compose.run(args, { ports, signal, onLine })
      if (exitCode === 0) return
      const output = `${stdout}\n${stderr}`
      const { project } = this.#compose
      const early = failedService(output, project) === 'kafka' && isStillRegistered(await this.#lastWords('kafka'))
      if (early && attempt < MOST_ATTEMPTS) {
        report(
          'Waiting for ZooKeeper to let go of kafka, killed a moment ago',
          'ZooKeeper had to let go of a broker that was killed',
        )
        continue
      }
      throw await explainComposeFailure({
        output,
        project,
        ports: { kafka: ports.kafka, zookeeper: ports.zookeeper ?? 0, ksqldb: ports.ksql },
        logOf: (service) => this.#lastWords(service),
      })
    }
  }

  #lastWords(service: ContainerName): Promise<string> {
    return this.#compose.lastLogLines(service, SHOWN_LOG_LINES)
  }

  async #remove(volumes: boolean, report: Report): Promise<void> {
    const args = ['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])]
    const { exitCode, stdout, stderr } = await this.#compose.run(args, { onLine: showProgress(report) })
    if (exitCode === 0) return
    const said = stderr.trim().split('\n').at(-1) ?? stdout
    throw new PayflowError('COMPOSE_FAILED', `docker compose down failed: ${said}`, { kind: 'infra' })
  }

  #finish(
    containers: readonly Container[],
    started: boolean,
    run: ProcessIdentity | undefined,
  ): InfraStatus & { started: boolean } {
    const status = this.#statusOf(containers, true)
    const { home } = this.#options
    const record = readRecord(home)
    if (started || record?.engine !== this.name || record.run?.pid !== run?.pid) {
      const { brokers, zookeeper, ksql } = status
      const startedAt = new Date().toISOString()
      writeRecord(home, {
        engine: this.name,
        brokers,
        zookeeper,
        ksql,
        startedAt,
        nodes: 1,
        kafka: this.#kafka,
        ...(run && { run }),
      })
    }
    return { ...status, started }
  }

  async #answers(containers: readonly Container[]): Promise<boolean> {
    const port = containers.find(({ service }) => service === 'kafka')?.port
    if (port === undefined) return false
    return describeBrokers({ brokers: [address(port)] }, ANSWER_TIMEOUT_MS).then(
      () => true,
      () => false,
    )
  }

  #statusOf(containers: readonly Container[], running: boolean): InfraStatus {
    const portOf = (name: ContainerName): number | undefined => containers.find(({ service }) => service === name)?.port
    const [kafka, zookeeper, ksql] = [portOf('kafka'), portOf('zookeeper'), portOf('ksqldb')]
    return {
      engine: this.name,
      running,
      brokers: kafka === undefined ? [] : [address(kafka)],
      zookeeper: zookeeper === undefined ? null : address(zookeeper),
      ksql: ksql === undefined ? (this.#options.ksqlUrl ?? null) : `http://${address(ksql)}`,
      kafka: this.#kafka,
    }
  }
}

function noLogs(service: string | undefined, existing: readonly ContainerName[]): PayflowError {
  if (existing.length === 0)
    return new PayflowError('NO_LOGS', 'There are no containers of payflow', {
      kind: 'failed',
      hint: 'start them with `payflow infra up`',
    })
  return new PayflowError('UNKNOWN_SERVICE', `There is no container of a service "${service ?? ''}"`, {
    kind: 'usage',
    hint: `there are: ${existing.join(', ')}`,
  })
}
