import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryHome } from './home.ts'

export const bin = fileURLToPath(new URL('../../bin/payflow.js', import.meta.url))

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when stdout or stderr has said so. @throws Error when it ends before */
  readonly says: (text: string) => Promise<void>
}

/** The built command in a process of its own. It is killed when the test ends. */
export function launch(env: NodeJS.ProcessEnv, ...argv: readonly string[]): RunningCommand {
  const child = spawn(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  const tellAll = (): void => {
    for (const listener of listeners) listener()
  }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString()
      tellAll()
    })
  let over = false
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true
    tellAll()
    return { code: (signal ?? code) as Ended['code'], ...said }
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const all = said.stdout + said.stderr
        if (all.includes(text)) resolve()
        else if (over) reject(new Error(`ended without saying ${text}:\n${all}`))
        else return
        listeners.delete(look)
      }
      listeners.add(look)
      look()
    })
  return { child, ended, says }
}

/** Runs the built command to its end. */
export const run = (env: NodeJS.ProcessEnv, ...argv: readonly string[]): Promise<Ended> => launch(env, ...argv).ended

/** A PAYFLOW_HOME of the test's own, and the command in it. */
export async function ownHome(): Promise<{
  home: string
  env: NodeJS.ProcessEnv
  payflow: (...argv: readonly string[]) => Promise<Ended>
  start: (...argv: readonly string[]) => RunningCommand
}> {
  const { home, env } = await temporaryHome()
  return { home, env, payflow: (...argv) => run(env, ...argv), start: (...argv) => launch(env, ...argv) }
}

/** Processes that belong to a PAYFLOW_HOME: brokers work in it, payflow's own have it in their environment. Linux only. */
export function processesOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const inside = readlinkSync(`/proc/${pid}/cwd`) === home
        const told = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`PAYFLOW_HOME=${home}\0`)
        return inside || told ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120)] : []
      } catch {
        return [] // it has ended meanwhile
      }
    })
}

export const documents = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
