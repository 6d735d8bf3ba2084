import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { bin, type Ended } from './cli.ts'

/** A directory with these files; it goes when the test ends. */
export async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'payflow-own-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  return directory
}

/** The code blocks of this language in docs/workers.md that begin with a comment that names a file: file → code. */
export async function filesInGuide(language: string): Promise<Record<string, string>> {
  const guide = await readFile(new URL('../../docs/workers.md', import.meta.url), 'utf8')
  const blocks = guide.matchAll(/^```(?<language>\w+)\n(?<code>\/\/ (?<name>\S+)\n.*?)^```$/gms)
  return Object.fromEntries(
    [...blocks].flatMap(({ groups }) =>
      groups?.['language'] === language ? [[groups['name']!, groups['code']!]] : [],
    ),
  )
}

/** Runs a program in a directory. */
export function runIn(cwd: string, env: NodeJS.ProcessEnv, ...argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { cwd, env }, (_, stdout, stderr) =>
      resolve({ code: child.signalCode ?? child.exitCode, stdout, stderr }),
    )
    onTestFinished(() => void child.kill('SIGKILL'))
  })
}

/** The built command, there. */
export const payflowIn = (cwd: string, env: NodeJS.ProcessEnv, ...argv: readonly string[]): Promise<Ended> =>
  runIn(cwd, env, bin, ...argv)
