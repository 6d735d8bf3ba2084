import { PayflowError } from '../errors.ts'
import { readRecord } from '../settings/infra-record.ts'
import { DockerEngine } from './docker/docker-engine.ts'
import { dockerStates, probeDocker, type DockerState } from './docker/probe.ts'
import type { Engine, EngineName, InfraOptions } from './engine.ts'
import { ExternalEngine } from './external.ts'
import { layoutOf } from './local/layout.ts'
import { LocalEngine } from './local/local-engine.ts'
import { hasServices } from './local/services.ts'

export interface Choice {
  readonly engine: Engine
  /** One readable sentence: `local: docker is installed, but its engine does not answer`. */
  readonly reason: string
}

/** What the choice depends on besides the options. */
export interface Surroundings {
  /** The engine that `infra up` started in this home and nobody stopped since. */
  readonly started: (home: string) => EngineName | undefined
  readonly docker: (env: NodeJS.ProcessEnv) => Promise<DockerState>
}

const real: Surroundings = {
  // a start that was killed before its end has left processes, but no record
  started: (home) => readRecord(home)?.engine ?? (hasServices(layoutOf(home)) ? 'local' : undefined),
  docker: probeDocker,
}

function create(name: EngineName, options: InfraOptions): Engine {
  if (name === 'external') return new ExternalEngine(options)
  return name === 'docker' ? new DockerEngine(options) : new LocalEngine(options)
}

/**
 * The engine that `requested` means here. `auto`: external when brokers were given, else what was started in this home and
 * not stopped, else docker when its engine answers, else local.
 * @throws PayflowError (usage) when the engine does not fit the options
 */
export async function chooseEngine(
  requested: 'auto' | EngineName,
  options: InfraOptions,
  surroundings: Surroundings = real,
): Promise<Choice> {
  const { home, env, connection, nodes } = options
  const given = connection !== undefined && connection.brokers.length > 0
  if (requested !== 'auto') {
    if (given && requested !== 'external')
      throw new PayflowError('BROKERS_NOT_USED', `The engine "${requested}" runs its own brokers`, {
        kind: 'usage',
        hint: 'leave out --engine or --brokers (PAYFLOW_BROKERS)',
      })
    return { engine: create(requested, options), reason: `${requested}: as asked for` }
  }
  if (given) return { engine: create('external', options), reason: 'external: brokers were given' }
  const started = surroundings.started(home)
  if (started === 'local') return { engine: create('local', options), reason: 'local: it was started here before' }
  const docker = await surroundings.docker(env)
  if (docker !== 'ready') return { engine: create('local', options), reason: `local: ${dockerStates[docker]}` }
  if (started === 'docker') return { engine: create('docker', options), reason: 'docker: it was started here before' }
  if (nodes > 1) return { engine: create('local', options), reason: `local: it can run ${nodes} brokers` }
  return { engine: create('docker', options), reason: 'docker: its engine answers' }
}
