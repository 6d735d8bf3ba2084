import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PayflowError } from '../../errors.ts'
import { describeBrokers } from '../../kafka/readiness.ts'
import { readRecord, removeRecord, writeRecord } from '../../settings/infra-record.ts'
import type { BrokerFaults, Engine, InfraOptions, InfraStatus, Report } from '../engine.ts'
import { explainHomeError, prepareHome } from '../home.ts'
import { withLock } from '../lock.ts'
import { becomesFree, claimPort } from '../ports.ts'
import { localBrokerFaults } from './broker-faults.ts'
import { agreeOnNodes, recordNodes, removeData } from './cluster-data.ts'
import { signalTo } from '../processes.ts'
import { ensureJars } from './jars.ts'
import { findJava } from './java.ts'
import { ensureKsqldb, ksqlUrlOf, ksqldbProgram, usualKsqlPort } from './ksqldb.ts'
import { brokerName, layoutOf, type Layout, type ServiceName } from './layout.ts'
import { showLogs } from './logs.ts'
import { log4jProperties, renderProperties } from './properties.ts'
import { keepWhatServes, type Survivors } from './repair.ts'
import { addressOf, forget, readStates, stopService, type Service, type ServiceStates } from './services.ts'
import { startBrokers, startZookeeper, type Member, type StartContext } from './start.ts'

const statusTimeoutMs = 3_000
const abortGraceMs = 3_000
const brokerGraceMs = 30_000
const zookeeperGraceMs = 5_000
const ksqldbGraceMs = 15_000

/** Apache Kafka and ZooKeeper as JVM processes of this machine, on 127.0.0.1 only. */
export class LocalEngine implements Engine {
  readonly name = 'local'
  readonly faults: BrokerFaults
  readonly #options: InfraOptions
  readonly #layout: Layout
  #started: Service[] = []

  constructor(options: InfraOptions) {
    this.#options = options
    this.#layout = layoutOf(options.home)
    this.faults = localBrokerFaults(this.#layout)
  }

  async status(): Promise<InfraStatus> {
    const { zookeeper, brokers, ksqldb } = readStates(this.#layout)
    const addresses = brokers.map(addressOf)
    const running =
      zookeeper !== undefined && addresses.length > 0
        ? await describeBrokers({ brokers: addresses }, statusTimeoutMs).then(
            () => true,
            () => false,
          )
        : false
    return this.#statusOf(running, { zookeeper, brokers, ksqldb })
  }

  async up(report: Report, signal?: AbortSignal): Promise<InfraStatus & { started: boolean }> {
    if (process.platform === 'win32')
      throw new PayflowError('UNSUPPORTED_PLATFORM', 'The local engine does not run on Windows', {
        kind: 'infra',
        hint: 'use --engine docker, or run payflow in WSL2',
      })
    const { home, run, logs } = this.#layout
    prepareHome(home, [run, logs])
    try {
      return await withLock(this.#layout.lock, { report, signal }, () => this.#start(report, signal))
    } catch (error) {
      throw explainHomeError(error, home)
    }
  }

  endNow(): void {
    for (const service of this.#started) {
      signalTo(service, 'SIGKILL')
      forget(this.#layout, service.name)
    }
    if (this.#started.length > 0 && readRecord(this.#layout.home)?.engine === this.name) removeRecord(this.#layout.home)
  }

  async down({ volumes }: { volumes: boolean }, report: Report): Promise<{ stopped: boolean }> {
    if (!existsSync(this.#layout.home)) return { stopped: false }
    try {
      return await withLock(this.#layout.lock, { report }, () => this.#stop(volumes, report))
    } catch (error) {
      throw explainHomeError(error, this.#layout.home)
    }
  }

  async logs(
    options: { service?: string; follow: boolean; lines: number },
    write: (line: string) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await showLogs(this.#layout, options, write, signal)
  }

  async #start(report: Report, signal: AbortSignal | undefined): Promise<InfraStatus & { started: boolean }> {
    const layout = this.#layout
    const nodes = agreeOnNodes(layout, this.#options.nodes)
    const survivors = await keepWhatServes(layout, report)
    const complete = survivors.zookeeper !== undefined && survivors.brokers.length === nodes
    this.#started = []
    try {
      if (!complete) await this.#startMissing(nodes, survivors, report, signal)
      await this.#startKsqldb(nodes, survivors, report, signal)
      const status = this.#statusOf(true, readStates(layout))
      const known = readRecord(layout.home)
      if (!complete || known?.engine !== this.name || known.ksql !== status.ksql) this.#record(status, nodes)
      return { ...status, started: !complete }
    } catch (error) {
      await Promise.all(this.#started.map((service) => stopService(layout, service, abortGraceMs)))
      throw error
    }
  }

  async #startMissing(
    nodes: number,
    survivors: Survivors,
    report: Report,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const layout = this.#layout
    const { env, packageRoot } = this.#options
    if (nodes !== this.#options.nodes)
      report(`The data belong to a cluster of ${nodes}: starting ${nodes} brokers, not ${this.#options.nodes}`)
    const java = await findJava(env, signal)
    const { zookeeperPort, members } = await this.#claimPorts(nodes, survivors)
    await ensureJars({ directory: layout.jars, root: packageRoot, env, report, signal })
    writeFileSync(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
    const context: StartContext = { layout, java, env, nodes, report, signal, started: this.#started }
    if (survivors.zookeeper === undefined) await startZookeeper(context, zookeeperPort)
    await startBrokers(context, zookeeperPort, members)
    signal?.throwIfAborted()
  }

  /** Where an installation is given, and nobody named a ksqlDB that runs elsewhere. */
  async #startKsqldb(
    nodes: number,
    { gone }: Survivors,
    report: Report,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { env, ksql, ksqlUrl, ksqlPort = usualKsqlPort } = this.#options
    const program = ksql ? ksqldbProgram(env) : undefined
    const { brokers, ksqldb } = readStates(this.#layout)
    const former = gone.find(({ name }) => name === 'ksqldb')?.port
    const own = [ksqldb?.port, former, ksqlPort].map((port) => `http://127.0.0.1:${port}`)
    if (program === undefined || (ksqlUrl !== undefined && !own.includes(ksqlUrl.replace(/\/+$/, '')))) return
    const context = { layout: this.#layout, env, nodes, report, signal, started: this.#started }
    await ensureKsqldb(context, program, { port: ksqlPort, brokers: brokers.map(addressOf), former })
  }

  #record({ brokers, zookeeper, ksql }: InfraStatus, nodes: number): void {
    const startedAt = new Date().toISOString()
    writeRecord(this.#layout.home, { engine: this.name, brokers, zookeeper, ksql, startedAt, nodes })
    recordNodes(this.#layout, nodes)
  }

  /** Whoever talks to a cluster that lost a member goes on at the same addresses, so its ports are kept where possible. */
  async #claimPorts(
    nodes: number,
    { zookeeper, brokers, gone }: Survivors,
  ): Promise<{ zookeeperPort: number; members: Member[] }> {
    const taken: number[] = []
    const claim = async (name: ServiceName, wanted: number, variable: string): Promise<number> => {
      const former = gone.find((service) => service.name === name)?.port
      const wantsFormer = former !== undefined && !taken.includes(former) && (wanted === 0 || zookeeper !== undefined)
      const port = wantsFormer && (await becomesFree(former)) ? former : await claimPort(wanted, variable, taken)
      taken.push(port)
      return port
    }
    const { kafkaPort, zookeeperPort } = this.#options
    const missing = Array.from({ length: nodes }, (_, id) => id).filter(
      (id) => !brokers.some(({ name }) => name === brokerName(id)),
    )
    const claimed = zookeeper?.port ?? (await claim('zookeeper', zookeeperPort, 'PAYFLOW_ZOOKEEPER_PORT'))
    const members: Member[] = []
    for (const id of missing) {
      const wanted = kafkaPort === 0 ? 0 : kafkaPort + id
      members.push({ id, port: await claim(brokerName(id), wanted, 'PAYFLOW_KAFKA_PORT') })
    }
    return { zookeeperPort: claimed, members }
  }

  async #stop(volumes: boolean, report: Report): Promise<{ stopped: boolean }> {
    const layout = this.#layout
    const { zookeeper, brokers, ksqldb, stale } = readStates(layout)
    const stop = async (service: Service, graceMs: number): Promise<void> => {
      const how = await stopService(layout, service, graceMs)
      report(`${service.name} (pid ${service.pid}) ${how === 'ended' ? 'has stopped' : 'had to be killed'}`)
    }
    if (ksqldb) await stop(ksqldb, ksqldbGraceMs)
    await Promise.all(brokers.map((broker) => stop(broker, brokerGraceMs)))
    if (zookeeper) await stop(zookeeper, zookeeperGraceMs)
    for (const { name } of stale) forget(layout, name)
    if (readRecord(layout.home)?.engine === this.name) removeRecord(layout.home)
    if (volumes && existsSync(layout.data)) {
      removeData(layout)
      report(`Removed the data in ${layout.data}`)
    }
    return { stopped: zookeeper !== undefined || ksqldb !== undefined || brokers.length > 0 }
  }

  #statusOf(running: boolean, { zookeeper, brokers, ksqldb }: Omit<ServiceStates, 'stale'>): InfraStatus {
    return {
      engine: this.name,
      running,
      brokers: brokers.map(addressOf),
      zookeeper: zookeeper ? addressOf(zookeeper) : null,
      ksql: ksqldb ? ksqlUrlOf(ksqldb) : (this.#options.ksqlUrl ?? null),
    }
  }
}
