import type { Log } from '../log.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import type { KafkaVersion } from '../settings/kafka-version.ts'
import type { ProcessIdentity } from './processes.ts'

export type EngineName = 'docker' | 'local' | 'external'

/** The shape of `infra status --json`. Addresses are `host:port`. */
export interface InfraStatus {
  engine: EngineName
  running: boolean
  brokers: string[]
  zookeeper: string | null
  ksql: string | null
  /** Absent where the brokers are not payflow's own. */
  kafka?: KafkaVersion
}

export interface InfraOptions {
  /** PAYFLOW_HOME: jars, data, logs, pid files and the record of what runs. */
  home: string
  /** 0: any free port. With several brokers the first one's; the others follow it. */
  kafkaPort: number
  zookeeperPort: number
  ksqlPort?: number
  nodes: number
  /** Absent: the one that runs, or whose data are there; else 3.9. */
  kafka?: KafkaVersion
  ksql: boolean
  ksqlUrl?: string
  /** Given by the user: the brokers are not payflow's. */
  connection?: ConnectionSettings
  env: NodeJS.ProcessEnv
  log?: Log
  /** What is started ends with this process, whatever ends it; undefined: it stays until it is stopped. */
  run?: ProcessIdentity
  /** Where docker-compose.yml and the pom are; by default the package this file belongs to. */
  packageRoot?: string
}

/** One line of progress; `because`: why this takes longer than it usually does, in a few words. */
export type Report = (line: string, because?: string) => void

/** Breaks single brokers of an engine. `Engine.up` starts again what was stopped or killed. */
export interface BrokerFaults {
  /** The brokers that run, frozen ones too. */
  names(): Promise<string[]>
  /** Ends it cleanly. */
  stop(name: string): Promise<void>
  kill(name: string): Promise<void>
  freeze(name: string): Promise<void>
  thaw(name: string): Promise<void>
}

export interface Engine {
  readonly name: EngineName
  /** Absent where the brokers are not payflow's own. */
  readonly faults?: BrokerFaults
  status(): Promise<InfraStatus>
  /**
   * Returns when the brokers really serve requests. `report` gets one-line progress. When it fails or `signal` fires,
   * what this call started is stopped again. `started` is false when all of it was running already.
   * @throws PayflowError (infra, usage), or the signal's reason
   */
  up(report: Report, signal?: AbortSignal): Promise<InfraStatus & { started: boolean }>
  /** Ends at once what `up` of this object has started so far, without waiting for it: the process is about to end. */
  endNow(): void
  /** `run`: ends only what that run started. It works on a full or read-only disk, and without the home. */
  down(options: { volumes: boolean; run?: ProcessIdentity }, report: Report): Promise<{ stopped: boolean }>
  logs(
    options: { service?: string; follow: boolean; lines: number },
    write: (line: string) => void,
    signal?: AbortSignal,
  ): Promise<void>
}
