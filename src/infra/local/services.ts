import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { sizeOf } from '../log-files.ts'
import { runningCommands } from '../process-list.ts'
import { identify, isAlive, sameProcess, signalTo, terminate, type ProcessIdentity } from '../processes.ts'
import { kafkaVersions, type KafkaVersion } from '../../settings/kafka-version.ts'
import { writeWhole } from '../../whole-file.ts'
import { inHome, logPath, outputPath, type Layout, type ServiceName } from './layout.ts'
import { isOfHome, markOf, markOptions } from './mark.ts'

const serviceSchema = z.object({
  name: z.custom<ServiceName>((name) => typeof name === 'string' && /^(zookeeper|ksqldb|kafka-\d+)$/.test(name)),
  pid: z.int().positive(),
  startTime: z.string(),
  port: z.int().positive(),
  kafka: z.enum(kafkaVersions).optional(),
  /** Of the voters of its KRaft cluster, by their ids: one that is away must come back to its own. */
  controllerPorts: z.array(z.int().positive()).optional(),
  run: z.object({ pid: z.int().positive(), startTime: z.string() }).optional(),
})
/** A program that payflow started, as its pid file describes it. `run`: the process with which it ends. */
export type Service = z.infer<typeof serviceSchema>

export interface ServiceStates {
  readonly zookeeper: Service | undefined
  readonly brokers: Service[]
  readonly ksqldb: Service | undefined
  /** Their pid files are there, the processes are not. */
  readonly stale: Service[]
  /** They are alive, but nobody wants them any more: the run they belong to is gone, or their pid file is. */
  readonly left: Service[]
}

/** A pid file of an earlier payflow does not say; nor does the command line of what has lost its file, which is only ever stopped. */
export const kafkaOf = ({ kafka = '3.9' }: Service): KafkaVersion => kafka

export const addressOf = ({ port }: Service): string => `127.0.0.1:${port}`
const pidPath = (layout: Layout, name: ServiceName): string => join(layout.run, `${name}.pid`)

function readService({ log }: Layout, path: string): Service | undefined {
  try {
    return serviceSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('warn', 'pid-file-unreadable', { path, error: messageOf(error) })
    return undefined
  }
}

function recordedServices(layout: Layout): Service[] {
  try {
    const names = readdirSync(layout.run).filter((name) => name.endsWith('.pid'))
    return names.sort().flatMap((name) => readService(layout, join(layout.run, name)) ?? [])
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT')
      layout.log('warn', 'pid-files-unreadable', { path: layout.run, error: messageOf(error) })
    return []
  }
}

/** What runs for this home by its own word, whatever became of the files there. */
function markedServices(home: string): Service[] {
  return runningCommands().flatMap((running) => {
    const mark = markOf(running)
    const identity = mark && isOfHome(mark, home) ? identify(running.pid) : undefined
    return mark && identity
      ? [{ name: mark.name, port: mark.port, ...identity, ...(mark.run && { run: mark.run }) }]
      : []
  })
}

export function readStates(layout: Layout): ServiceStates {
  const known = recordedServices(layout)
  const alive = known.filter(isAlive)
  const wanted = alive.filter(({ run }) => run === undefined || isAlive(run))
  const unknown = markedServices(layout.home).filter((service) => !alive.some((other) => sameProcess(other, service)))
  return {
    zookeeper: wanted.find(({ name }) => name === 'zookeeper'),
    brokers: wanted.filter(({ name }) => name.startsWith('kafka-')),
    ksqldb: wanted.find(({ name }) => name === 'ksqldb'),
    stale: known.filter((service) => !alive.includes(service)),
    left: [...alive.filter((service) => !wanted.includes(service)), ...unknown],
  }
}

export const aliveIn = ({ zookeeper, brokers, ksqldb, left }: ServiceStates): Service[] =>
  [...brokers, ...left, ksqldb, zookeeper].filter((service) => service !== undefined)

export const endsWith = ({ run }: Service, process_: ProcessIdentity): boolean =>
  run !== undefined && sameProcess(run, process_)

/** Whether payflow left a process here that is still there. */
export const hasServices = (layout: Layout): boolean => aliveIn(readStates(layout)).length > 0

/** Removes the pid file of this very process. Where that cannot be done it is stale from now on, and ignored as such. */
export function forget(layout: Layout, service: Service): void {
  const path = pidPath(layout, service.name)
  const recorded = readService(layout, path)
  if (recorded === undefined || !sameProcess(recorded, service)) return
  try {
    rmSync(path, { force: true })
    layout.log('debug', 'pid-file-removed', { path, pid: service.pid })
  } catch (error) {
    // a full or read-only disk must not keep what ends things from going on
    layout.log('warn', 'pid-file-stays', { path, error: messageOf(error) })
  }
}

export interface JavaProgram {
  readonly java: string
  readonly jvmOptions: readonly string[]
  readonly mainClass: string
  /** The text of the properties file that is its only argument. */
  readonly properties: string
  readonly env: NodeJS.ProcessEnv
  readonly run: ProcessIdentity | undefined
  readonly controllerPorts?: readonly number[]
}

export interface Program {
  readonly command: string
  /** The name of the properties file is among them. */
  readonly args: readonly string[]
  /** The text of the properties file. */
  readonly properties: string
  readonly env: NodeJS.ProcessEnv
  readonly run: ProcessIdentity | undefined
  readonly controllerPorts?: readonly number[]
}

export const propertiesPath = (layout: Layout, name: ServiceName): string =>
  join(layout.home, 'run', `${name}.properties`)

/** A service that was just started, and where in its files what it says from now on begins. */
export interface StartedService extends Service {
  readonly logStart: number
}

/** File names are bytes to the system, but not to Java: it reads them in the locale's encoding, and cannot start in a directory beyond that. */
export const javaEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  process.platform === 'linux' ? { ...env, LC_ALL: 'C.UTF-8' } : env

/** The arguments of Java, run in the home, for one of the programs in Kafka's jars. */
export const javaArguments = (layout: Layout, log: string, mainClass: string): string[] => [
  '-XX:-UsePerfData',
  '-Djava.awt.headless=true',
  // Kafka upper-cases names by the locale's rules, and does not start where i becomes a dotted I
  '-Duser.language=en',
  '-Duser.country=US',
  '-Dlog4j.configuration=file:run/log4j.properties',
  `-Dpayflow.log=${inHome(layout, log)}`,
  '-cp',
  join(inHome(layout, layout.jars), '*'),
  mainClass,
]

/** Starts a JVM with Kafka's jars that outlives this process. */
export function startService(layout: Layout, name: ServiceName, port: number, program: JavaProgram): StartedService {
  const { java, jvmOptions, mainClass, env, run, ...rest } = program
  const args = [
    ...jvmOptions,
    ...markOptions({ home: layout.home, name, port, run }),
    ...javaArguments(layout, logPath(layout, name), mainClass),
    join('run', `${name}.properties`),
  ]
  return startProgram(layout, name, port, { ...rest, command: java, args, env: javaEnvironment(env), run })
}

/** Starts a program that outlives this process. Its pid file is written before anything else can happen. */
export function startProgram(layout: Layout, name: ServiceName, port: number, program: Program): StartedService {
  const { command, args, properties, env, run, controllerPorts } = program
  writeFileSync(propertiesPath(layout, name), properties)
  const logStart = sizeOf(logPath(layout, name))
  const output = openSync(outputPath(layout, name), 'w')
  try {
    const stdio = ['ignore', output, output] as const
    const child = spawn(command, [...args], { cwd: layout.home, env, detached: true, stdio: [...stdio] })
    child.once('error', (error) => layout.log('error', 'start-failed', { name, command, error: error.message }))
    child.unref()
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity === undefined)
      throw new PayflowError('START_FAILED', `${name}: could not run ${command}`, { kind: 'infra' })
    const service: Service = {
      ...{ name, ...identity, port, kafka: layout.kafka },
      ...(controllerPorts && { controllerPorts: [...controllerPorts] }),
      ...(run && { run }),
    }
    record(layout, service)
    layout.log('info', 'process-started', { name, pid: service.pid, port, log: logPath(layout, name) })
    return { ...service, logStart }
  } finally {
    closeSync(output)
  }
}

/** What cannot be recorded does not stay. */
function record(layout: Layout, service: Service): void {
  try {
    writeWhole(pidPath(layout, service.name), `${JSON.stringify(service)}\n`)
  } catch (error) {
    signalTo(service, 'SIGKILL')
    throw error
  }
}

/** Ends our process and forgets it. A process that was given the same pid since is left alone. */
export async function stopService(layout: Layout, service: Service, graceMs: number): Promise<'ended' | 'killed'> {
  const beganMs = performance.now()
  const result = await terminate(service, graceMs)
  const ms = Math.round(performance.now() - beganMs)
  layout.log(result === 'killed' ? 'warn' : 'info', 'process-stopped', {
    name: service.name,
    pid: service.pid,
    result,
    ms,
  })
  forget(layout, service)
  return result
}
