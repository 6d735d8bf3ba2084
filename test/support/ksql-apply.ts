import { failureOf } from '../../src/cli/shell/report-error.ts'
import { prepareApply } from '../../src/app/ksql/apply.ts'
import { noLog } from '../../src/log.ts'
import type { Patience } from '../../src/ksql/command.ts'
import { resolveSettings, type Settings } from '../../src/settings/resolve.ts'

/** Short waits: what takes minutes in the field takes less than a second in a test. */
export const patience: Patience = { answerMs: 50, startMs: 400, commandMs: 400, pollMs: 5 }

export const settingsFor = (url: string, env: NodeJS.ProcessEnv = {}): Settings =>
  resolveSettings({ options: { ksqlUrl: url }, env: { PAYFLOW_HOME: '/nowhere', ...env }, cwd: '/' })

export interface Applied {
  /** What was reported, in order. */
  readonly lines: readonly string[]
  /** The titles of the steps that were done. */
  readonly done: readonly string[]
  /** What the user sees when it failed: the message, what to do, and the exit code. */
  readonly failure: { readonly message: string; readonly hint: string; readonly exitCode: number } | undefined
}

/** Applies `ksql/` to a server with the code of the command, step by step. */
export async function applyTo(settings: Settings, { replace = false }: { replace?: boolean } = {}): Promise<Applied> {
  const lines: string[] = []
  const done: string[] = []
  const { signal } = new AbortController()
  const options = { signal, patience, log: noLog, report: (line: string) => lines.push(line) }
  try {
    const { steps } = await prepareApply(settings, { replace, dryRun: false }, options)
    for (const { title, run } of steps) {
      await run((line) => lines.push(line))
      done.push(title)
    }
    return { lines, done, failure: undefined }
  } catch (error) {
    const { message, hint, exitCode, code } = failureOf(error)
    if (code === 'BUG') throw error
    return { lines, done, failure: { message, hint, exitCode } }
  }
}
