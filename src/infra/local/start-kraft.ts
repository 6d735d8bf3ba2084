import { inHome } from './layout.ts'
import { kraftProperties } from './properties.ts'
import { addressOf, type StartedService } from './services.ts'
import { explainDeath, seconds, startMember, topicsHeldBy, untilAllReady, whileAlive, type Member, type StartContext } from './start.ts' // prettier-ignore

function startNode(context: StartContext, controllerPorts: readonly number[], member: Member): StartedService {
  const { layout, nodes } = context
  const properties = kraftProperties({ ...member, nodes, controllerPorts, data: inHome(layout, layout.data) })
  return startMember(context, member, properties, { controllerPorts })
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
