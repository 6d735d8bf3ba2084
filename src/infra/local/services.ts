import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { PayflowError } from '../../errors.ts'
import { sizeOf } from '../log-files.ts'
import { identify, isAlive, terminate } from '../processes.ts'
import { logPath, outputPath, type Layout, type ServiceName } from './layout.ts'

const serviceSchema = z.object({
  name: z.custom<ServiceName>((name) => typeof name === 'string' && /^(zookeeper|ksqldb|kafka-\d+)$/.test(name)),
  pid: z.int().positive(),
  startTime: z.string(),
  port: z.int().positive(),
})
/** A JVM that an `infra up` started, as its pid file describes it. */
export type Service = z.infer<typeof serviceSchema>

export interface ServiceStates {
  readonly zookeeper: Service | undefined
  readonly brokers: Service[]
  readonly ksqldb: Service | undefined
  /** Their pid files are there, the processes are not. */
  readonly stale: Service[]
}

export const addressOf = ({ port }: Service): string => `127.0.0.1:${port}`
const pidPath = (layout: Layout, name: ServiceName): string => join(layout.run, `${name}.pid`)

function readService(path: string): Service | undefined {
  try {
    return serviceSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

export function readStates(layout: Layout): ServiceStates {
  let names: string[]
  try {
    names = readdirSync(layout.run).filter((name) => name.endsWith('.pid'))
  } catch {
    names = []
  }
  const known = names.sort().flatMap((name) => readService(join(layout.run, name)) ?? [])
  const alive = known.filter(isAlive)
  return {
    zookeeper: alive.find(({ name }) => name === 'zookeeper'),
    brokers: alive.filter(({ name }) => name.startsWith('kafka-')),
    ksqldb: alive.find(({ name }) => name === 'ksqldb'),
    stale: known.filter((service) => !alive.includes(service)),
  }
}

/** Whether an `infra up` left a process that is still there. */
export function hasServices(layout: Layout): boolean {
  const { zookeeper, brokers } = readStates(layout)
  return zookeeper !== undefined || brokers.length > 0
}

export const forget = (layout: Layout, name: ServiceName): void => rmSync(pidPath(layout, name), { force: true })

export interface JavaProgram {
  readonly java: string
  readonly jvmOptions: readonly string[]
  readonly mainClass: string
  /** The text of the properties file that is its only argument. */
  readonly properties: string
  readonly env: NodeJS.ProcessEnv
}

export interface Program {
  readonly command: string
  /** The name of the properties file is among them. */
  readonly args: readonly string[]
  /** The text of the properties file. */
  readonly properties: string
  readonly env: NodeJS.ProcessEnv
}

export const propertiesPath = (layout: Layout, name: ServiceName): string =>
  join(layout.home, 'run', `${name}.properties`)

/** A service that was just started, and where in its files what it says from now on begins. */
export interface StartedService extends Service {
  readonly logStart: number
}

/** Starts a JVM with Kafka's jars that outlives this process. */
export function startService(layout: Layout, name: ServiceName, port: number, program: JavaProgram): StartedService {
  const { java, jvmOptions, mainClass, properties, env } = program
  const args = [
    ...jvmOptions,
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    '-Dlog4j.configuration=file:run/log4j.properties',
    `-Dpayflow.log=logs/${name}.log`,
    '-cp',
    join(relative(layout.home, layout.jars), '*'),
    mainClass,
    join('run', `${name}.properties`),
  ]
  return startProgram(layout, name, port, { command: java, args, properties, env })
}

/** Starts a program that outlives this process. Its pid file is written before anything else can happen. */
export function startProgram(layout: Layout, name: ServiceName, port: number, program: Program): StartedService {
  const { command, args, properties, env } = program
  writeFileSync(propertiesPath(layout, name), properties)
  const logStart = sizeOf(logPath(layout, name))
  const output = openSync(outputPath(layout, name), 'w')
  try {
    const stdio = ['ignore', output, output] as const
    const child = spawn(command, [...args], { cwd: layout.home, env, detached: true, stdio: [...stdio] })
    child.once('error', () => undefined)
    child.unref()
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity === undefined)
      throw new PayflowError('START_FAILED', `${name}: could not run ${command}`, { kind: 'infra' })
    const service = { name, ...identity, port }
    const draft = `${pidPath(layout, name)}.new`
    writeFileSync(draft, `${JSON.stringify(service)}\n`)
    renameSync(draft, pidPath(layout, name))
    return { ...service, logStart }
  } finally {
    closeSync(output)
  }
}

/** Ends our process and forgets it. A process that was given the same pid since is left alone. */
export async function stopService(layout: Layout, service: Service, graceMs: number): Promise<'ended' | 'killed'> {
  const result = await terminate(service, graceMs)
  forget(layout, service.name)
  return result
}
