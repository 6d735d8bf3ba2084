import { readdirSync, statSync } from 'node:fs'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { followLines, lastLines } from '../log-files.ts'
import { logPath, outputPath, type Layout, type ServiceName } from './layout.ts'

const FILE_NAME = /^(zookeeper|ksqldb|kafka-\d+)(?:\.out)?\.log$/

function servicesWithLogs(layout: Layout): ServiceName[] {
  try {
    const names = readdirSync(layout.logs).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
    return [...new Set(names)].sort() as ServiceName[]
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT')
      layout.log('warn', 'logs-unreadable', { path: layout.logs, error: messageOf(error) })
    return []
  }
}

function select(layout: Layout, wanted: string | undefined): ServiceName[] {
  const all = servicesWithLogs(layout)
  const chosen = wanted === undefined ? all : all.filter((name) => name === wanted || name.startsWith(`${wanted}-`))
  if (chosen.length > 0) return chosen
  if (all.length === 0)
    throw new PayflowError('NO_LOGS', `There are no logs in ${layout.logs} yet`, {
      kind: 'failed',
      hint: 'start the brokers with `payflow infra up`',
    })
  throw new PayflowError('UNKNOWN_SERVICE', `The local engine has no service "${wanted ?? ''}"`, {
    kind: 'usage',
    hint: `its services: ${all.join(', ')}`,
  })
}

/** The last lines of the services' logs, each with its service's name in front when there are several. */
export async function showLogs(
  layout: Layout,
  { service, follow, lines }: { service?: string; follow: boolean; lines: number },
  write: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const services = select(layout, service)
  const following = services.map((name) => {
    const prefix = services.length > 1 ? `${name} | ` : ''
    const files = filesOf(layout, name).map((path) => ({ path, last: lastLines(path, lines) }))
    const all = files.flatMap(({ last }) => last.lines)
    for (const line of lines === 0 ? [] : all.slice(-lines)) write(prefix + line)
    return files.map(
      ({ path, last }) =>
        () =>
          followLines(path, last.end, (line) => write(prefix + line), signal),
    )
  })
  if (follow) await Promise.all(following.flat().map((start) => start()))
}

/** A service's log, and what its JVM said outside it: before when the log began later, after when it was its last word. */
function filesOf(layout: Layout, name: ServiceName): string[] {
  const [log, output] = [logPath(layout, name), outputPath(layout, name)]
  return changedMs(output) > changedMs(log) ? [log, output] : [output, log]
}

function changedMs(path: string): number {
  try {
    return statSync(path).mtimeMs
  } catch {
    return 0 // not there yet
  }
}
