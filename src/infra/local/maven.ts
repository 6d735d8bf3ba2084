import { readFileSync } from 'node:fs'
import { basename, delimiter, dirname } from 'node:path'
import { PayflowError } from '../../errors.ts'
import type { Report } from '../engine.ts'
import { runCommand } from '../command.ts'
import { diskFull } from '../home.ts'

export interface MavenRun {
  readonly pom: string
  readonly directory: string
  /** A file that Maven writes the list of jars to. */
  readonly list: string
  readonly env: NodeJS.ProcessEnv
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

const DOWNLOADED = /Downloaded from .*\.jar /
const REPORT_EVERY = 10
const SHOWN_ERRORS = 3

/** Maven's own last words, without its standing advice and links. */
export function lastErrors(output: string): string[] {
  const errors = output
    .split('\n')
    .flatMap((line) => /^\[ERROR\]\s+(.*\S)/.exec(line)?.[1] ?? [])
    .filter((line) => !/^(To see the full|Re-run Maven|For more information|\[Help \d\] http)/.test(line))
    .map((line) => line.replace(/\s*-> \[Help \d\]$/, ''))
  return [...new Set(errors)].slice(-SHOWN_ERRORS)
}

function explainFailure(output: string, directory: string): PayflowError {
  if (/No space left on device/.test(output)) return diskFull(`${dirname(directory)} or Maven's repository`)
  const errors = lastErrors(output)
  const words = errors.length > 0 ? errors.join(' | ') : output.trim().split('\n').slice(-SHOWN_ERRORS).join(' | ')
  return new PayflowError('MAVEN_FAILED', `Maven could not fetch Apache Kafka's jars: ${words}`, {
    kind: 'infra',
    hint: 'check the network and ~/.m2/settings.xml (proxy, mirror), then run it again; or use --engine docker',
  })
}

export const mavenMissing = (): PayflowError =>
  new PayflowError('MAVEN_MISSING', "Maven (mvn) is not installed; it fetches Apache Kafka's jars, once", {
    kind: 'infra',
    hint: 'install Maven, or use --engine docker, or name your own brokers with --brokers',
  })

/** Lets Maven resolve the pom, and copy all its jars to `directory`. Returns their file names. */
export async function copyDependencies({ pom, directory, list, env, report, signal }: MavenRun): Promise<string[]> {
  let count = 0
  const onLine = (line: string): void => {
    if (DOWNLOADED.test(line) && ++count % REPORT_EVERY === 0) report(`Maven: ${count} jars downloaded`)
  }
  const goals = ['dependency:build-classpath', 'dependency:copy-dependencies']
  const properties = ['-DincludeScope=runtime', `-Dmdep.outputFile=${list}`, `-DoutputDirectory=${directory}`]
  const result = await runCommand('mvn', ['-B', '-f', pom, ...goals, ...properties], { env, signal, onLine })
  if (result.outcome === 'not-found') throw mavenMissing()
  if (result.exitCode !== 0) throw explainFailure(`${result.stdout}\n${result.stderr}`, directory)
  return readFileSync(list, 'utf8')
    .trim()
    .split(delimiter)
    .map((path) => basename(path))
}
