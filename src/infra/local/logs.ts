import { readdirSync } from 'node:fs'
import { PayflowError } from '../../errors.ts'
import { followLines, lastLines } from '../log-files.ts'
import { logPath, type Layout, type ServiceName } from './layout.ts'

function servicesWithLogs(layout: Layout): ServiceName[] {
  try {
    return readdirSync(layout.logs)
      .flatMap((name) => /^(zookeeper|ksqldb|kafka-\d+)\.log$/.exec(name)?.[1] ?? [])
      .sort() as ServiceName[]
  } catch {
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
    const last = lastLines(logPath(layout, name), lines)
    for (const line of last.lines) write(prefix + line)
    return () => followLines(logPath(layout, name), last.end, (line) => write(prefix + line), signal)
  })
  if (follow) await Promise.all(following.map((start) => start()))
}
