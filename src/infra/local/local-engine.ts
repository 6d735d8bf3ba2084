import { existsSync } from 'node:fs'
import { PayflowError, messageOf } from '../../errors.ts'
import { describeBrokers } from '../../kafka/readiness.ts'
import { readRecord, removeRecord, writeRecord, type InfraRecord } from '../../settings/infra-record.ts'
import { kafkaVersions, type KafkaVersion } from '../../settings/kafka-version.ts'
import type { BrokerFaults, Engine, InfraOptions, InfraStatus, Report } from '../engine.ts'
import { explainHomeError, prepareHome } from '../home.ts'
import { withLock } from '../lock.ts'
import { localBrokerFaults } from './broker-faults.ts'
import { agreeOnNodes, hasData, recordNodes, removeData, removeDrafts } from './cluster-data.ts'
import { signalTo, type ProcessIdentity } from '../processes.ts'
import { ensureKsqldb, ksqlUrlOf, ksqldbProgram, USUAL_KSQL_PORT } from './ksqldb.ts'
import { layoutOf, type Layout } from './layout.ts'
import { showLogs } from './logs.ts'
import { keepWhatServes, runOf, type Survivors } from './repair.ts'
import { addressOf, aliveIn, endsWith, forget, kafkaOf, readStates, stopService, type Service, type ServiceStates } from './services.ts' // prettier-ignore
import { ABORT_GRACE_MS, startMissing, type MissingContext } from './start-missing.ts'
import { stopInOrder } from './stop.ts'
import { refuseOther, usualVersion } from './version.ts'

const STATUS_TIMEOUT_MS = 3_000

/** Apache Kafka, 3.9 with ZooKeeper or 4 without, as JVM processes of this machine, on 127.0.0.1 only. */
export class LocalEngine implements Engine {
  readonly name = 'local'
  readonly faults: BrokerFaults
  readonly #options: InfraOptions
  /** Of whichever Kafka: pid files and the lock are everybody's. */
  readonly #layout: Layout
  #started: Service[] = []

  constructor(options: InfraOptions) {
    this.#options = options
    this.#layout = layoutOf(options.home, undefined, options.log)
    this.faults = localBrokerFaults(this.#layout)
  }

  /** That of the Kafka which this engine is about now. */
  #versioned(): Layout {
    const { home, kafka, log } = this.#options
    return layoutOf(home, kafka ?? usualVersion(home, log), log)
  }

  async status(): Promise<InfraStatus> {
    const { zookeeper, brokers, ksqldb } = readStates(this.#layout)
    const addresses = brokers.map(addressOf)
    const isWhole = brokers[0] !== undefined && (zookeeper !== undefined || kafkaOf(brokers[0]) === '4')
    const running = isWhole
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
    const { home } = this.#layout
    prepareHome(home)
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
    await showLogs(this.#versioned(), options, write, signal)
  }

  async #start(report: Report, signal: AbortSignal | undefined): Promise<InfraStatus & { started: boolean }> {
    const layout = this.#versioned()
    prepareHome(layout.home, [layout.run, layout.logs])
    refuseOther(layout)
    const nodes = agreeOnNodes(layout, this.#options.nodes)
    const survivors = await keepWhatServes(layout, report)
    const owner = runOf(survivors)
    if (owner) report(`They belong to a \`payflow all\` (pid ${owner.pid}), and end with it`)
    const complete = survivors.brokers.length === nodes
    this.#started = []
    try {
      const context = { layout, env: this.#options.env, nodes, report, signal, started: this.#started }
      if (!complete) await startMissing(context, survivors, this.#options)
      await this.#startKsqldb(context, survivors)
      const status = this.#statusOf(true, readStates(layout))
      const { run } = this.#options
      this.#started = this.#started.filter((service) => run === undefined || endsWith(service, run))
      const known = readRecord(layout.home)
      if (!complete || known?.engine !== this.name || known.ksql !== status.ksql) this.#record(layout, status, nodes)
      return { ...status, started: !complete }
    } catch (error) {
      await Promise.all(this.#started.map((service) => stopService(layout, service, ABORT_GRACE_MS)))
      throw error
    }
  }

  /** Where an installation is given, and nobody named a ksqlDB that runs elsewhere. */
  async #startKsqldb(context: MissingContext, { gone }: Survivors): Promise<void> {
    const { env, ksql, ksqlUrl, ksqlPort = USUAL_KSQL_PORT } = this.#options
    const program = ksql ? ksqldbProgram(env) : undefined
    const { brokers, ksqldb } = readStates(this.#layout)
    const former = gone.find(({ name }) => name === 'ksqldb')?.port
    const own = [ksqldb?.port, former, ksqlPort].map((port) => `http://127.0.0.1:${port}`)
    if (program === undefined || (ksqlUrl !== undefined && !own.includes(ksqlUrl.replace(/\/+$/, '')))) return
    const { run } = this.#options
    await ensureKsqldb({ ...context, run }, program, { port: ksqlPort, brokers: brokers.map(addressOf), former })
  }

  #record(layout: Layout, { brokers, zookeeper, ksql }: InfraStatus, nodes: number): void {
    const startedAt = new Date().toISOString()
    const { home, kafka } = layout
    writeRecord(home, { engine: this.name, brokers, zookeeper, ksql, startedAt, nodes, kafka })
    recordNodes(layout, nodes)
  }

  async #stop(
    { volumes, run }: { volumes: boolean; run: ProcessIdentity | undefined },
    report: Report,
  ): Promise<{ stopped: boolean }> {
    const layout = this.#versioned()
    const states = readStates(layout)
    const { kafka } = this.#options
    const isMeant = (service: Service): boolean =>
      run !== undefined ? endsWith(service, run) : kafka === undefined || kafkaOf(service) === kafka
    const chosen = aliveIn(states).filter(
      (service) => isMeant(service) || (run === undefined && states.left.includes(service)),
    )
    await stopInOrder(layout, chosen, report)
    if (run === undefined && kafka !== undefined) noteOther(this.#layout, kafka, report)
    for (const service of states.stale) {
      layout.log('info', 'stale-record-removed', { name: service.name, pid: service.pid })
      forget(layout, service)
    }
    const { brokers, zookeeper, ksqldb } = readStates(layout)
    if (zookeeper === undefined && brokers.length === 0) this.#changeRecord(() => removeRecord(layout.home), report)
    else if (ksqldb === undefined)
      this.#changeRecord((record) => writeRecord(layout.home, { ...record, ksql: null }), report)
    if (volumes) removeVolumes(layout, report)
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
      kafka: brokers[0] ? kafkaOf(brokers[0]) : this.#versioned().kafka,
    }
  }
}

function noteOther(layout: Layout, kafka: KafkaVersion, report: Report): void {
  const [other] = readStates(layout).brokers
  if (other && kafkaOf(other) !== kafka)
    report(`Kafka ${kafkaOf(other)} goes on: \`payflow infra down --kafka ${kafkaOf(other)}\` stops it`)
}

/** Removes the data of one Kafka, and says so; those of the other stay. */
function removeVolumes(layout: Layout, report: Report): void {
  const { home, kafka, data, log } = layout
  removeDrafts(layout)
  if (existsSync(data)) {
    removeData(layout)
    report(`Removed the data of Kafka ${kafka} in ${data}`)
  }
  for (const other of kafkaVersions
    .filter((version) => version !== kafka)
    .map((version) => layoutOf(home, version, log)))
    if (hasData(other))
      report(
        `The data of Kafka ${other.kafka} in ${other.data} stay: \`payflow infra down --volumes --kafka ${other.kafka}\` removes them`,
      )
}
