import { PayflowError } from '../../errors.ts'
import { quoted } from '../../quoted.ts'

const protocols = ['http/protobuf', 'http/json'] as const

export interface TracesTarget {
  readonly endpoint: string
  readonly protocol: (typeof protocols)[number]
}

/** Where spans go, as OpenTelemetry's variables say; undefined: they are off. @throws PayflowError (usage) for what payflow cannot do */
export function tracesTarget(env: NodeJS.ProcessEnv): TracesTarget | undefined {
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter } = env
  if (disabled?.toLowerCase() === 'true' || exporter === 'none') return undefined
  if (!isOneOf(exporter || 'otlp', ['otlp'])) throw refused('OTEL_TRACES_EXPORTER', exporter!, 'otlp or none')
  const [protocolName, protocol] = first(env, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL')
  const known = protocol ?? 'http/protobuf'
  if (!isOneOf(known, protocols)) throw refused(protocolName, known, protocols.join(' or '))
  checkSampler(env)
  return { endpoint: endpointOf(env), protocol: known }
}

const samplers = ['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] // prettier-ignore

function checkSampler({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio }: NodeJS.ProcessEnv): void {
  if (!sampler) return
  if (!isOneOf(sampler, samplers)) throw refused('OTEL_TRACES_SAMPLER', sampler, samplers.join(', '))
  const share = Number(ratio)
  if (sampler.includes('ratio') && ratio && !(share >= 0 && share <= 1))
    throw refused('OTEL_TRACES_SAMPLER_ARG', ratio, 'a number from 0 to 1')
}

function endpointOf(env: NodeJS.ProcessEnv): string {
  const [name, given] = first(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT')
  if (given === undefined) return 'http://localhost:4318/v1/traces'
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) throw refused(name, given, 'an http:// or https:// address') // prettier-ignore
  const url = new URL(given)
  // it may hold a password, and this one is shown
  url.username = url.password = ''
  return name.includes('TRACES') ? url.href : new URL('v1/traces', url.href.endsWith('/') ? url : `${url.href}/`).href
}

/** The first of these variables that says something; the last one's name where none does. */
function first(env: NodeJS.ProcessEnv, ...names: [string, ...string[]]): [string, string | undefined] {
  const name = names.find((each) => env[each]) ?? names[names.length - 1]!
  return [name, env[name] || undefined]
}

const isOneOf = <Text extends string>(text: string, list: readonly Text[]): text is Text => (list as readonly string[]).includes(text) // prettier-ignore

const refused = (variable: string, value: string, allowed: string): PayflowError =>
  new PayflowError('OTEL_NOT_POSSIBLE', `${variable} is ${quoted(value)}, with which payflow cannot trace`, {
    kind: 'usage',
    hint: `allowed: ${allowed}`,
  })
