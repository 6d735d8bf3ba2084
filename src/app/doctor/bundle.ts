import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '../../check.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import { lastLines } from '../../infra/log-files.ts'
import { Client } from '../../kafka/client.ts'
import { KAFKAJS_COMPARED } from '../../kafka/codec.ts'
import { noLog } from '../../log.ts'
import { packageRoot } from '../../package-root.ts'
import { describeSettings } from '../../settings/describe.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions } from '../cluster.ts'
import { withoutSecrets } from './secrets.ts'

const LINES_EACH = 60
const MOST_LOGS = 20

const versionOf = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version

/** Everything that somebody who is to help needs to see, as one text, and nothing secret. */
export async function bundleText(settings: Settings, checks: readonly Check[]): Promise<string> {
  const sections: [string, string[]][] = [
    ['Versions', [...ownVersions(), ...(await brokerVersions(settings, checks))]],
    ['Findings', findingLines(checks)],
    ['Checks', checks.map(({ name, summary }) => `${name}: ${summary}`)],
    ['Settings', describeSettings(settings).map(({ setting, value, origin }) => `${setting} = ${value ?? '-'} (${origin})`)], // prettier-ignore
    ...logsUnder(settings.home).map((path): [string, string[]] => [`The end of ${path}`, lastLines(path, LINES_EACH).lines]), // prettier-ignore
  ]
  const text = sections.map(([title, lines]) => `## ${title}\n\n${lines.map((line) => `    ${line}`).join('\n')}\n`)
  return withoutSecrets(`# payflow doctor, ${new Date().toISOString()}\n\n${text.join('\n')}`, settings)
}

const ownVersions = (): string[] => [
  `payflow ${versionOf(join(packageRoot, 'package.json'))}`,
  `node ${process.version}, ${process.platform} ${process.arch}`,
  `kafkajs ${KAFKAJS_COMPARED} is what the fast path was compared with`,
]

const findingLines = (checks: readonly Check[]): string[] => {
  const lines = checks.flatMap(({ name, findings }) =>
    findings.flatMap(({ severity, what, evidence, hint }) => [
      `${severity}, ${name}: ${what}`,
      ...evidence.map((line) => `  ${line}`),
      `  → ${hint}`,
    ]),
  )
  return lines.length > 0 ? lines : ['none']
}

/** Which versions of which requests each broker serves: that tells what it is. Nothing where there is no way to them. */
async function brokerVersions(settings: Settings, checks: readonly Check[]): Promise<string[]> {
  if (!checks.some(({ name }) => name === 'advertised')) return []
  const client = new Client(clientOptions(settings, 'payflow-doctor', noLog))
  try {
    return (await client.shared.all()).map(({ nodeId, address, versions }) => {
      const served = Object.entries(versions ?? {}).map(([key, { minVersion, maxVersion }]) => `${key}:${minVersion}-${maxVersion}`) // prettier-ignore
      return `broker ${nodeId} at ${address} serves ${served.join(' ')}`
    })
  } catch (error) {
    return [`the brokers' versions are not known: ${messageOf(error)}`]
  } finally {
    await client.close()
  }
}

/** The newest logs of this home: of brokers, of runs, of workers. */
function logsUnder(home: string): string[] {
  const folders = ['logs', 'logs-4'].map((name) => join(home, name)).filter((path) => existsSync(path))
  return folders
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(folder, name)),
    ) // prettier-ignore
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST_LOGS)
    .map(({ path }) => path)
}

/** Only its owner may read it. @throws PayflowError when it cannot be written */
export function writeBundle(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 })
  } catch (cause) {
    throw new PayflowError('OUTPUT_UNWRITABLE', `The bundle cannot be written: ${messageOf(cause)}`, { kind: 'failed', hint: 'name another file with --bundle', cause }) // prettier-ignore
  }
}
