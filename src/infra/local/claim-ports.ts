import { PayflowError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { portOwner } from '../port-owner.ts'
import { becomesFree, claimPort, freePort } from '../ports.ts'
import { brokerName, type ServiceName } from './layout.ts'
import { votersOf } from './properties.ts'
import type { Survivors } from './repair.ts'
import type { Member } from './start.ts'

interface Wish {
  readonly nodes: number
  /** 0: any free one. */
  readonly kafkaPort: number
  readonly zookeeperPort: number
}

interface ClaimedPorts {
  /** The brokers that are to be started. */
  readonly members: readonly Member[]
}

class Claims {
  readonly taken: number[] = []
  readonly #survivors: Survivors
  /** A part of the cluster runs. */
  readonly #joins: boolean
  readonly #log: Log

  constructor(survivors: Survivors, log: Log) {
    this.#survivors = survivors
    this.#log = log
    this.#joins = survivors.zookeeper !== undefined || survivors.brokers.length > 0
  }

  /** Clients of a cluster that lost a member go on at the same addresses, so its ports are kept where possible. */
  async claim(name: ServiceName, wanted: number, variable: string): Promise<number> {
    const former = this.#survivors.gone.find((service) => service.name === name)?.port
    const wantsFormer = former !== undefined && !this.taken.includes(former) && (wanted === 0 || this.#joins)
    const port = wantsFormer && (await becomesFree(former)) ? former : await claimPort(wanted, variable, this.taken)
    this.taken.push(port)
    this.#log('debug', 'port-chosen', { name, port, wanted, former })
    return port
  }

  async members({ nodes, kafkaPort }: Wish): Promise<Member[]> {
    const present = new Set(this.#survivors.brokers.map(({ name }) => name))
    const members: Member[] = []
    for (let id = 0; id < nodes; id++)
      if (!present.has(brokerName(id))) {
        const wanted = kafkaPort === 0 ? 0 : kafkaPort + id
        members.push({ id, port: await this.claim(brokerName(id), wanted, 'PAYFLOW_KAFKA_PORT') })
      }
    return members
  }
}

export async function claimWithZookeeper(
  wish: Wish,
  survivors: Survivors,
  log: Log,
): Promise<ClaimedPorts & { zookeeperPort: number }> {
  const claims = new Claims(survivors, log)
  const zookeeperPort =
    survivors.zookeeper?.port ?? (await claims.claim('zookeeper', wish.zookeeperPort, 'PAYFLOW_ZOOKEEPER_PORT'))
  return { zookeeperPort, members: await claims.members(wish) }
}

/** `controllerPorts`: of the voters, by their ids. Nodes that run know the others by theirs, so these are kept. */
export async function claimForKraft(
  wish: Wish,
  survivors: Survivors,
  log: Log,
): Promise<ClaimedPorts & { controllerPorts: readonly number[] }> {
  const claims = new Claims(survivors, log)
  const members = await claims.members(wish)
  const voters = votersOf(wish.nodes)
  const known = survivors.brokers.find(({ controllerPorts }) => controllerPorts?.length === voters)?.controllerPorts
  if (known) {
    for (const { id } of members)
      if (id < voters && !(await becomesFree(known[id]!))) throw controllerPortTaken(id, known[id]!)
    return { members, controllerPorts: known }
  }
  const controllerPorts: number[] = []
  for (let id = 0; id < voters; id++) controllerPorts.push(await freePort([...claims.taken, ...controllerPorts]))
  return { members, controllerPorts }
}

const controllerPortTaken = (id: number, port: number): PayflowError =>
  new PayflowError(
    'PORT_IN_USE',
    `The controller port of ${brokerName(id)}, ${port}, is in use by ${portOwner(port) ?? 'another process'}`,
    {
      kind: 'infra',
      hint: 'stop it; or let the whole cluster move to other ports: `payflow infra down`, then `payflow infra up`',
    },
  )
