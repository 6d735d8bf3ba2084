import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PayflowError, messageOf } from '../../errors.ts'
import { describeBrokers } from '../../kafka/readiness.ts'
import { readRecord, removeRecord, writeRecord, type InfraRecord } from '../../settings/infra-record.ts'
import type { BrokerFaults, Engine, InfraOptions, InfraStatus, Report } from '../engine.ts'
import { explainHomeError, prepareHome } from '../home.ts'
import { withLock } from '../lock.ts'
import { becomesFree, claimPort } from '../ports.ts'
import { localBrokerFaults } from './broker-faults.ts'
import { agreeOnNodes, recordNodes, removeData } from './cluster-data.ts'
import { signalTo, type ProcessIdentity } from '../processes.ts'
import { ensureJars } from './jars.ts'
import { findJava } from './java.ts'
import { ensureKsqldb, ksqlUrlOf, ksqldbProgram, USUAL_KSQL_PORT } from './ksqldb.ts'
import { brokerName, layoutOf, type Layout, type ServiceName } from './layout.ts'
import { showLogs } from './logs.ts'
import { log4jProperties, renderProperties } from './properties.ts'
import { keepWhatServes, type Survivors } from './repair.ts'
import { addressOf, aliveIn, endsWith, forget, readStates, stopService, type Service, type ServiceStates } from './services.ts' // prettier-ignore
import { startBrokers, startZookeeper, type Member, type StartContext } from './start.ts'
import { stopInOrder } from './stop.ts'

const STATUS_TIMEOUT_MS = 3_000
const ABORT_GRACE_MS = 3_000

/** Apache Kafka and ZooKeeper as JVM processes of this machine, on 127.0.0.1 only. */
export class LocalEngine implements Engine {
  readonly name = 'local'
  readonly faults: BrokerFaults
  readonly #options: InfraOptions
  readonly #layout: Layout
  #started: Service[] = []

  constructor(options: InfraOptions) {
    this.#options = options
    this.#layout = layoutOf(options.home, options.log)
    this.faults = localBrokerFaults(this.#layout)
  }

  async status(): Promise<InfraStatus> {
    const { zookeeper, brokers, ksqldb } = readStates(this.#layout)
    const addresses = brokers.map(addressOf)
    const running =
      zookeeper !== undefined && addresses.length > 0
        ? await describeBrokers({ brokers: addresses }, STATUS_TIMEOUT_MS).then(
            () => true,
            (error: unknown) => {
              this.#layout.log('info', 'not-reachable', { brokers: addresses, error: messageOf(error) })
              return false
            },
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
      return await withLock(this.#layout.lock, { report, log: this.#layout.log, signal }, () =>
        this.#start(report, signal),
      )
    } catch (error) {
      throw explainHomeError(error, home)
    }
  }

  endNow(): void {
    const { run } = this.#options
    const ofRun = run === undefined ? [] : aliveIn(readStates(this.#layout)).filter((service) => endsWith(service, run))
    for (const service of [...this.#started, ...ofRun]) {
      signalTo(service, 'SIGKILL')
      forget(this.#layout, service)
    }
    if (this.#started.length > 0 || ofRun.length > 0)
      this.#changeRecord(
        () => removeRecord(this.#layout.home),
        () => undefined,
      )
  }

  async down(
    { volumes, run }: { volumes: boolean; run?: ProcessIdentity },
    report: Report,
  ): Promise<{ stopped: boolean }> {
    const { home, lock, log } = this.#layout
    if (!existsSync(home) && aliveIn(readStates(this.#layout)).length === 0) return { stopped: false }
    try {
      return await withLock(lock, { report, log, evenUnwritable: true }, () => this.#stop({ volumes, run }, report))
    } catch (error) {
      throw explainHomeError(error, home)
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
    const owner = survivors.zookeeper?.run
    if (owner) report(`They belong to a \`payflow all\` (pid ${owner.pid}), and end with it`)
    const complete = survivors.zookeeper !== undefined && survivors.brokers.length === nodes
    this.#started = []
    try {
      if (!complete) await this.#startMissing(nodes, survivors, report, signal)
      await this.#startKsqldb(nodes, survivors, report, signal)
      const status = this.#statusOf(true, readStates(layout))
      const { run } = this.#options
      this.#started = this.#started.filter((service) => run === undefined || endsWith(service, run))
      const known = readRecord(layout.home)
      if (!complete || known?.engine !== this.name || known.ksql !== status.ksql) this.#record(status, nodes)
      return { ...status, started: !complete }
    } catch (error) {
      await Promise.all(this.#started.map((service) => stopService(layout, service, ABORT_GRACE_MS)))
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
    layout.log('debug', 'java-found', { path: java })
    const { zookeeperPort, members } = await this.#claimPorts(nodes, survivors)
    await ensureJars({ directory: layout.jars, root: packageRoot, env, report, signal })
    writeFileSync(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
    // who joins a cluster stays as long as the cluster
    const run = survivors.zookeeper === undefined ? this.#options.run : survivors.zookeeper.run
    const context: StartContext = { layout, java, env, nodes, report, signal, started: this.#started, run }
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
    const { env, ksql, ksqlUrl, ksqlPort = USUAL_KSQL_PORT } = this.#options
    const program = ksql ? ksqldbProgram(env) : undefined
    const { brokers, ksqldb } = readStates(this.#layout)
    const former = gone.find(({ name }) => name === 'ksqldb')?.port
    const own = [ksqldb?.port, former, ksqlPort].map((port) => `http://127.0.0.1:${port}`)
    if (program === undefined || (ksqlUrl !== undefined && !own.includes(ksqlUrl.replace(/\/+$/, '')))) return
    const { run } = this.#options
    const context = { layout: this.#layout, env, nodes, report, signal, started: this.#started, run }
    await ensureKsqldb(context, program, { port: ksqlPort, brokers: brokers.map(addressOf), former })
  }

  #record({ brokers, zookeeper, ksql }: InfraStatus, nodes: number): void {
    const startedAt = new Date().toISOString()
    writeRecord(this.#layout.home, { engine: this.name, brokers, zookeeper, ksql, startedAt, nodes })
    recordNodes(this.#layout, nodes)
  }

  /** Clients of a cluster that lost a member go on at the same addresses, so its ports are kept where possible. */
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
      this.#layout.log('debug', 'port-chosen', { name, port, wanted, former })
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

  async #stop(
    { volumes, run }: { volumes: boolean; run: ProcessIdentity | undefined },
    report: Report,
  ): Promise<{ stopped: boolean }> {
    const layout = this.#layout
    const states = readStates(layout)
    const chosen = aliveIn(states).filter((service) => run === undefined || endsWith(service, run))
    await stopInOrder(layout, chosen, report)
    for (const service of states.stale) {
      layout.log('info', 'stale-record-removed', { name: service.name, pid: service.pid })
      forget(layout, service)
    }
    const { brokers, zookeeper, ksqldb } = readStates(layout)
    if (zookeeper === undefined && brokers.length === 0) this.#changeRecord(() => removeRecord(layout.home), report)
    else if (ksqldb === undefined)
      this.#changeRecord((record) => writeRecord(layout.home, { ...record, ksql: null }), report)
    if (volumes && existsSync(layout.data)) {
      removeData(layout)
      report(`Removed the data in ${layout.data}`)
    }
    return { stopped: chosen.length > 0 }
  }

  /** Where the record cannot be changed, what was to end has ended all the same. */
  #changeRecord(change: (record: InfraRecord) => void, report: Report): void {
    const { home } = this.#layout
    try {
      const record = readRecord(home)
      if (record?.engine === this.name) change(record)
    } catch (error) {
      report(`What \`infra up\` recorded in ${home} stays as it is: ${messageOf(error)}`)
    }
  }

  #statusOf(running: boolean, { zookeeper, brokers, ksqldb }: Omit<ServiceStates, 'stale' | 'left'>): InfraStatus {
    return {
      engine: this.name,
      running,
      brokers: brokers.map(addressOf),
      zookeeper: zookeeper ? addressOf(zookeeper) : null,
      ksql: ksqldb ? ksqlUrlOf(ksqldb) : (this.#options.ksqlUrl ?? null),
    }
  }
}
