import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureJars } from '../../src/infra/local/jars.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { findFlaws, readManifest } from '../../src/infra/local/manifest.ts'
import { startTimeOf } from '../../src/infra/processes.ts'
import { readStates } from '../../src/infra/local/services.ts'
import { temporaryHome } from '../support/home.ts'
import { cachedJars, localEngine as engineOf } from '../support/local-broker.ts'

const silent = (): void => undefined
/** The engine with ZooKeeper, whichever Kafka the other tests run on. */
const localEngine = (home: string, options: Parameters<typeof engineOf>[1] = {}): ReturnType<typeof engineOf> =>
  engineOf(home, { kafka: '3.9', ...options })

/** An environment whose PATH holds only these programs, written as shell scripts. */
function onlyPrograms(home: string, scripts: Record<string, string>): NodeJS.ProcessEnv {
  const directory = join(home, 'bin')
  mkdirSync(directory, { recursive: true })
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(directory, name), 0o755)
  }
  return { PATH: directory }
}

/** A Maven that delivers the jars it is given, having done `spoil` to its own copy of one of them. */
async function deliveringMaven(home: string, spoil: (jar: string) => void = silent): Promise<NodeJS.ProcessEnv> {
  const jars = join(home, 'delivered')
  cpSync(await cachedJars(), jars, { recursive: true })
  rmSync(join(jars, 'manifest.json'))
  const names = readdirSync(jars)
  writeFileSync(join(home, 'classpath'), names.map((name) => `/repository/${name}`).join(delimiter))
  spoil(
    join(
      jars,
      names.find((name) => name.startsWith('zookeeper-3'))!,
    ),
  )
  const script = `
for argument; do
  case $argument in
    -DoutputDirectory=*) /bin/cp -r "${jars}" "\${argument#*=}" ;;
    -Dmdep.outputFile=*) /bin/cp "${join(home, 'classpath')}" "\${argument#*=}" ;;
  esac
done`
  return onlyPrograms(home, { mvn: script })
}

const isNothingLeft = (home: string): boolean => {
  const { zookeeper, brokers } = readStates(layoutOf(home))
  return (
    zookeeper === undefined && brokers.length === 0 && !readdirSync(home).some((name) => name.includes('.partial-'))
  )
}

test('a missing Java is named, with what to do', async () => {
  const { home } = await temporaryHome()
  await expect(localEngine(home, { env: onlyPrograms(home, {}) }).up(silent)).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    kind: 'infra',
    hint: expect.stringContaining('install a Java runtime, version 11 or newer') as string,
  })
  const env = { ...process.env, JAVA_HOME: join(home, 'nowhere') }
  await expect(localEngine(home, { env }).up(silent)).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    message: expect.stringContaining(join(home, 'nowhere')) as string,
  })
})

test('a Java that is too old is named with its version', async () => {
  const { home } = await temporaryHome()
  const env = onlyPrograms(home, { java: `echo 'openjdk version "1.8.0_402"' >&2` })
  await expect(localEngine(home, { env }).up(silent)).rejects.toMatchObject({
    code: 'JAVA_TOO_OLD',
    message: expect.stringMatching(/^Java 8 .* 11 is needed$/) as string,
  })
})

test('a missing Maven is named when jars are needed, and only then', async () => {
  const { home } = await temporaryHome()
  const env = onlyPrograms(home, {})
  const { jars } = layoutOf(home)
  await ensureJars({ directory: jars, env, report: silent })
  rmSync(jars)
  await expect(ensureJars({ directory: jars, env, report: silent })).rejects.toMatchObject({ code: 'MAVEN_MISSING' })
})

test("Maven's own errors are shown when it fails", async () => {
  const { home } = await temporaryHome()
  const { jars } = layoutOf(home)
  rmSync(jars)
  const env = onlyPrograms(home, {
    mvn: `echo '[ERROR] Could not transfer artifact a:b:jar:1: Unknown host -> [Help 1]'; echo '[ERROR] Re-run Maven using -X'; exit 1`,
  })
  await expect(ensureJars({ directory: jars, env, report: silent })).rejects.toMatchObject({
    code: 'MAVEN_FAILED',
    message: "Maven could not fetch Apache Kafka's jars: Could not transfer artifact a:b:jar:1: Unknown host",
  })
  expect(existsSync(jars)).toBe(false)
  expect(isNothingLeft(home)).toBe(true)
})

test('a jar that was cut off since it was fetched is noticed, and all are fetched again', async () => {
  const { home } = await temporaryHome()
  const { jars } = layoutOf(home)
  const env = await deliveringMaven(home)
  rmSync(jars)
  cpSync(await cachedJars(), jars, { recursive: true })
  const broken = join(jars, readManifest(jars)!.jars[0]!.name)
  truncateSync(broken, statSync(broken).size - 1)
  const lines: string[] = []
  await ensureJars({ directory: jars, env, report: (line) => lines.push(line) })
  expect(lines[0]).toMatch(/are broken \(.*\.jar: \d+ bytes instead of \d+\): fetching them again/)
  expect(findFlaws(jars, readManifest(jars)!)).toEqual([])
})

test.each([
  ['cut off', (jar: string) => truncateSync(jar, Math.floor(statSync(jar).size / 2))],
  ['missing', (jar: string) => rmSync(jar)],
  ['empty', (jar: string) => truncateSync(jar, 0)],
])('a delivery in which a jar is %s never becomes the installation', async (_, spoil) => {
  const { home } = await temporaryHome()
  const { jars } = layoutOf(home)
  const env = await deliveringMaven(home, spoil)
  rmSync(jars)
  await expect(ensureJars({ directory: jars, env, report: silent })).rejects.toMatchObject({
    code: 'JARS_BROKEN',
    message: expect.stringMatching(/zookeeper-3.*\.jar/) as string,
  })
  expect(existsSync(jars)).toBe(false)
  expect(isNothingLeft(home)).toBe(true)
})

test('what a killed download left behind is not taken for jars, and goes away', async () => {
  const { home } = await temporaryHome()
  const { jars } = layoutOf(home)
  const env = await deliveringMaven(home)
  rmSync(jars)
  mkdirSync(`${jars}.partial-abc`)
  writeFileSync(join(`${jars}.partial-abc`, 'half.jar'), 'PK')
  mkdirSync(jars)
  await ensureJars({ directory: jars, env, report: silent })
  expect(findFlaws(jars, readManifest(jars)!)).toEqual([])
  expect(isNothingLeft(home)).toBe(true)
})

test('an abort while Maven runs ends Maven with its children', async () => {
  const { home } = await temporaryHome()
  const { jars } = layoutOf(home)
  rmSync(jars)
  const env = onlyPrograms(home, {
    mvn: `/bin/sleep 600 & echo $! > ${join(home, 'child')}; echo 'Downloaded from x: y.jar (1 kB)'; wait`,
  })
  const abort = new AbortController()
  const reason = new Error('stopped by the user')
  const fetching = ensureJars({ directory: jars, env, report: silent, signal: abort.signal })
  const refused = expect(fetching).rejects.toBe(reason)
  await expect.poll(() => existsSync(join(home, 'child')) && statSync(join(home, 'child')).size > 0).toBe(true)
  const child = Number(readFileSync(join(home, 'child'), 'utf8'))
  abort.abort(reason)
  await refused
  await expect.poll(() => startTimeOf(child)).toBeUndefined()
  expect(isNothingLeft(home)).toBe(true)
})

test('a home that cannot be written to is named', async () => {
  const { home } = await temporaryHome()
  const inside = join(home, 'file', 'home')
  writeFileSync(join(home, 'file'), '')
  await expect(localEngine(inside).up(silent)).rejects.toMatchObject({
    code: 'HOME_UNWRITABLE',
    message: expect.stringContaining(inside) as string,
    hint: 'set PAYFLOW_HOME to a directory you may write to',
  })
})
