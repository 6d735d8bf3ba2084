import { brokerName, inHome } from './layout.ts'
import { brokerJvmOptions, kraftProperties, renderProperties } from './properties.ts'
import { addressOf, startService, type StartedService } from './services.ts'
import { explainDeath, seconds, topicsHeldBy, untilAllReady, whileAlive, type Member, type StartContext } from './start.ts' // prettier-ignore

function startNode(
  { layout, java, env, nodes, started, run }: StartContext,
  controllerPorts: readonly number[],
  { id, port }: Member,
): StartedService {
  const service = startService(layout, brokerName(id), port, {
    java,
    env,
    run,
    controllerPorts,
    jvmOptions: brokerJvmOptions(nodes),
    mainClass: 'kafka.Kafka',
    properties: renderProperties(
      kraftProperties({ id, port, nodes, controllerPorts, data: inHome(layout, layout.data) }),
    ),
  })
  started.push(service)
  return service
}

/**
 * Starts nodes of a KRaft cluster and returns when each of them answers and knows all the others. One that was killed a moment ago
 * registers again by itself, once its former self is fenced.
 */
export async function startKraft(
  context: StartContext,
  controllerPorts: readonly number[],
  members: readonly Member[],
): Promise<void> {
  const { layout, signal, report } = context
  const since = Date.now()
  const topics = topicsHeldBy(layout, members)
  const services = members.map((member) => startNode(context, controllerPorts, member))
  try {
    await whileAlive(services, signal, (inner) => untilAllReady(context, services, topics, inner))
  } catch (error) {
    throw explainDeath(error, context)
  }
  report(`Kafka answers on ${services.map(addressOf).join(', ')} (${seconds(since)})`)
}
