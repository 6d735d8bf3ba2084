import { resolve } from 'node:path'
import { PayflowError } from '../../errors.ts'
import { runCommand } from '../command.ts'
import { adviceOnJava, firstComplaint, javaVariablesIn } from '../service-failure.ts'

const TIMEOUT_MS = 20_000

/** The major version in the output of `java -version`: 17 for `17.0.15`, 8 for `1.8.0_402`. */
export function majorVersion(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? []
  return first === undefined ? undefined : Number(first === '1' ? second : first)
}

const howToInstall = (oldestMajor: number): string =>
  `install a Java runtime, version ${oldestMajor} or newer, or set JAVA_HOME to one; or use --engine docker`

/** The program to run Java with: JAVA_HOME's, else the PATH's. @throws PayflowError (infra) when missing or too old */
export async function findJava(
  env: NodeJS.ProcessEnv,
  { oldestMajor = 11, signal }: { oldestMajor?: number; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const home = env.JAVA_HOME
  const java = home ? resolve(home, 'bin', 'java') : 'java'
  const { outcome, exitCode, stdout, stderr } = await runCommand(java, ['-version'], {
    env,
    timeoutMs: TIMEOUT_MS,
    signal,
  })
  const output = `${stderr}\n${stdout}`
  const major = majorVersion(output)
  if (outcome === 'not-found')
    throw new PayflowError('JAVA_MISSING', home ? `There is no Java at JAVA_HOME (${java})` : 'Java is not installed', {
      kind: 'infra',
      hint: howToInstall(oldestMajor),
    })
  if (exitCode !== 0 || major === undefined) {
    const words = firstComplaint(output)
    throw new PayflowError(
      'JAVA_UNUSABLE',
      `\`${java} -version\` ${outcome === 'timed-out' ? 'hangs' : 'fails'}: ${words}`,
      { kind: 'infra', hint: adviceOnJava(javaVariablesIn(env)) ?? howToInstall(oldestMajor) },
    )
  }
  if (major < oldestMajor)
    throw new PayflowError('JAVA_TOO_OLD', `Java ${major} (${java}) is too old for Kafka: ${oldestMajor} is needed`, {
      kind: 'infra',
      hint: howToInstall(oldestMajor),
    })
  return java
}
