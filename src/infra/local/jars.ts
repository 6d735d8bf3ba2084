import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PayflowError } from '../../errors.ts'
import type { Report } from '../engine.ts'
import { packageRoot } from '../../package-root.ts'
import type { KafkaVersion } from '../../settings/kafka-version.ts'
import { releases } from './layout.ts'
import { copyDependencies } from './maven.ts'
import { findFlaw, findFlaws, readManifest, writeManifest, type Manifest } from './manifest.ts'

export interface JarOptions {
  /** The final directory; what is being fetched lies next to it. */
  readonly directory: string
  readonly kafka?: KafkaVersion
  readonly root?: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

/** Why the jars in `directory` cannot be used, one line a flaw; empty when they can. */
export function flawsOf(directory: string): string[] {
  if (!existsSync(directory)) return ['not there yet']
  const manifest = readManifest(directory)
  return manifest ? findFlaws(directory, manifest) : ['the list of its jars is missing or unreadable']
}

const partialPrefix = (directory: string): string => `${basename(directory)}.partial-`

/** Left behind by a run that was killed. Callers hold the lock, so nobody is filling one now. */
function removePartials(directory: string): void {
  const parent = dirname(directory)
  for (const name of readdirSync(parent))
    if (name.startsWith(partialPrefix(directory))) rmSync(join(parent, name), { recursive: true, force: true })
}

function verify(directory: string, names: readonly string[]): Manifest {
  const flaws = names.flatMap((name) => {
    const flaw = findFlaw(join(directory, name))
    return flaw === undefined ? [] : `${name}: ${flaw}`
  })
  if (names.length > 0 && flaws.length === 0)
    return { jars: names.map((name) => ({ name, bytes: statSync(join(directory, name)).size })) }
  throw new PayflowError('JARS_BROKEN', `Maven delivered broken jars (${flaws.join(', ') || 'none at all'})`, {
    kind: 'infra',
    hint: "delete them from Maven's local repository (~/.m2/repository) and run it again",
  })
}

async function fetchJars({
  directory,
  kafka = '3.9',
  root = packageRoot,
  env,
  report,
  signal,
}: JarOptions): Promise<void> {
  const startedAt = Date.now()
  mkdirSync(dirname(directory), { recursive: true })
  removePartials(directory)
  const partial = mkdtempSync(join(dirname(directory), partialPrefix(directory)))
  try {
    const pom = join(root, 'src', 'infra', 'local', releases[kafka].pom)
    const jars = join(partial, 'jars')
    const list = join(partial, 'classpath')
    const manifest = verify(jars, await copyDependencies({ pom, directory: jars, list, env, report, signal }))
    writeManifest(jars, manifest)
    rmSync(directory, { recursive: true, force: true })
    renameSync(jars, directory)
    const megabytes = manifest.jars.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
    const seconds = (Date.now() - startedAt) / 1000
    report(
      `Apache Kafka ${releases[kafka].version}: ${manifest.jars.length} jars, ${megabytes.toFixed(0)} MB (${seconds.toFixed(1)} s)`,
    )
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/**
 * Sees to it that `directory` holds all of Kafka's jars, whole: fetches them when they are not there, and again when
 * one is missing or broken. They appear there all at once or not at all.
 * @throws PayflowError (infra) when Maven is missing or fails
 */
export async function ensureJars(options: JarOptions): Promise<void> {
  const { kafka = '3.9' } = options
  const flaws = flawsOf(options.directory)
  if (flaws.length === 0) return
  options.report(
    existsSync(options.directory)
      ? `The jars in ${options.directory} are broken (${flaws.slice(0, 3).join(', ')}): fetching them again`
      : `Fetching Apache Kafka ${releases[kafka].version}${kafka === '3.9' ? ' and ZooKeeper' : ''} through Maven, once (about 50 MB)`,
    'jars were fetched',
  )
  await fetchJars(options)
}
