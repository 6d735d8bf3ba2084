import type { ErrorCode } from '../../error-codes.ts'
import { PayflowError } from '../../errors.ts'
import { diskFull } from '../home.ts'
import { portInUse } from '../ports.ts'
import { explainFailure } from '../service-failure.ts'
import { containerNames, portVariables, type ContainerName } from './compose.ts'

const infra = (code: ErrorCode, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'infra', hint })

const PROGRESS = /^(?:Container|Network|Volume|Image)\s|^\S+ (?:Pulling|Pulled|Error|Interrupted)\b/

/** What compose itself said last, without its progress lines. */
function lastWords(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '' && !PROGRESS.test(line))
  return said.slice(-3).join(' | ')
}

/** The service whose container is unhealthy or has exited, by compose's own words: `container payflow-kafka-1 exited (1)`. */
export function failedService(output: string, project: string): ContainerName | undefined {
  const [, service] =
    new RegExp(`\\b${project}-(\\w+)-\\d+"? (?:is unhealthy|exited|has no healthcheck)`).exec(output) ?? []
  return containerNames.find((name) => name === service)
}

const CANNOT_PULL =
  /pull access denied|manifest (for .* )?(unknown|not found)|failed to resolve|no such host|i\/o timeout|TLS handshake|toomanyrequests|dial tcp|connection refused|Client\.Timeout|x509|net\/http/i

export interface ComposeFailure {
  readonly output: string
  readonly project: string
  readonly ports: Readonly<Record<ContainerName, number>>
  /** The failed container's own last lines. */
  readonly logOf: (service: ContainerName) => Promise<string>
}

/** Why `docker compose up` failed, in words for a user. */
export async function explainComposeFailure({ output, project, ports, logOf }: ComposeFailure): Promise<PayflowError> {
  if (/no space left on device/i.test(output)) return diskFull("Docker's data")
  const [, port] =
    /:(\d+)\S*(?: ->.*)?:? (?:failed|bind|listen).*(?:already allocated|already in use)/i.exec(output) ?? []
  if (/port is already allocated|address already in use/i.test(output)) {
    const service = containerNames.find((name) => String(ports[name]) === port)
    return portInUse(Number(port ?? ports.kafka), portVariables[service ?? 'kafka'])
  }
  const service = failedService(output, project)
  if (service !== undefined) {
    const portVariable = portVariables[service]
    return explainFailure({
      name: service,
      port: ports[service],
      portVariable,
      data: `the volumes of ${project}`,
      text: await logOf(service),
    })
  }
  if (CANNOT_PULL.test(output)) {
    const image = containerNames.find((name) => new RegExp(`^\\s*${name} Error`, 'm').test(output))
    return infra(
      'PULL_FAILED',
      `Docker could not fetch the image of ${image ?? 'a service'}: ${lastWords(output)}`,
      `check the network and the registry of your Docker, or ${image === 'ksqldb' ? 'leave ksqlDB out with --no-ksql' : 'use --engine local'}`,
    )
  }
  return infra(
    'COMPOSE_FAILED',
    `docker compose failed: ${lastWords(output)}`,
    'run it again with --verbose, or use --engine local',
  )
}
