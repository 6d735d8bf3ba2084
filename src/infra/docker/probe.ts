import { PayflowError } from '../../errors.ts'
import { runCommand } from '../command.ts'

const TIMEOUT_MS = 5_000

export type DockerState = 'ready' | 'not-installed' | 'no-engine' | 'no-compose'

/** Whether containers can be run here: the docker command, an engine that answers it, and its compose plugin. */
export async function probeDocker(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<DockerState> {
  const options = { env, timeoutMs: TIMEOUT_MS, signal }
  const engine = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], options)
  if (engine.outcome === 'not-found') return 'not-installed'
  if (engine.exitCode !== 0) return 'no-engine'
  const compose = await runCommand('docker', ['compose', 'version', '--short'], options)
  return compose.exitCode === 0 ? 'ready' : 'no-compose'
}

export const dockerStates: Readonly<Record<Exclude<DockerState, 'ready'>, string>> = {
  'not-installed': 'docker is not installed',
  'no-engine': 'docker is installed, but its engine does not answer',
  'no-compose': 'docker is installed, but its compose plugin is not',
}

const hints: Readonly<Record<Exclude<DockerState, 'ready'>, string>> = {
  'not-installed': 'install Docker, or use --engine local (Java and Maven)',
  'no-engine': 'start Docker (`docker info` shows what it says), or use --engine local (Java and Maven)',
  'no-compose': 'install the plugin (`docker compose version` must work), or use --engine local (Java and Maven)',
}

const codes = {
  'not-installed': 'DOCKER_MISSING',
  'no-engine': 'DOCKER_NOT_RUNNING',
  'no-compose': 'COMPOSE_MISSING',
} as const

/** @throws PayflowError (infra) saying what is missing */
export async function requireDocker(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const state = await probeDocker(env, signal)
  if (state === 'ready') return
  const sentence = dockerStates[state]
  throw new PayflowError(codes[state], sentence.charAt(0).toUpperCase() + sentence.slice(1), {
    kind: 'infra',
    hint: hints[state],
  })
}
