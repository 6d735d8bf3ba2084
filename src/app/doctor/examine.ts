import { checked, type Check, type CheckFinding } from '../../check.ts'
import { checkDocker, checkJava, checkMaven, checkPorts } from '../../infra/check-engine.ts'
import { checkDisk, checkMemory, checkNode } from '../../infra/check-machine.ts'
import { checkRecords } from '../../infra/check-records.ts'
import type { Engine, InfraStatus } from '../../infra/engine.ts'
import { checkAdvertised, checkClock, checkConnection } from '../../kafka/check-connection.ts'
import { checkLibrary } from '../../kafka/check-library.ts'
import { checkDisks, checkPartitions } from '../../kafka/check-partitions.ts'
import { checkTransactions } from '../../kafka/check-transactions.ts'
import { Client } from '../../kafka/client.ts'
import { topicNames } from '../../kafka/topics.ts'
import type { Log } from '../../log.ts'
import { isPayflowTopic } from '../../pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../pipeline/workers/index.ts'
import { connectionOf } from '../../settings/connection.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions } from '../cluster.ts'
import { engineOf, infraOptions, reaching } from '../infra.ts'
import { checkGroups } from './check-groups.ts'
import { checkRights } from './check-rights.ts'
import { checkSettings, checkTopics } from './check-topics.ts'

interface Looking {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly signal: AbortSignal
  /** Told of each check as it ends. */
  readonly report?: (check: Check) => void
}

/** Looks at everything: this machine, the engine, the way to the brokers, the cluster. Changes nothing. */
export async function examine(settings: Settings, looking: Looking): Promise<Check[]> {
  const { env, report = () => undefined } = looking
  const done: Check[] = []
  const look = async (name: string, check: () => Check | Promise<Check>): Promise<Check> => {
    looking.signal.throwIfAborted()
    const found = await checked(name, () => Promise.resolve(check()))
    done.push(found)
    report(found)
    return found
  }
  await look('node', () => checkNode())
  await look('kafkajs', () => checkLibrary(env))
  await look('disk', () => checkDisk(settings.home))
  await look('records', () => checkRecords(settings.home))
  const known: { status?: InfraStatus } = {}
  await look('engine', async () => {
    const { engine, reason } = await engineOf(settings, env, looking)
    known.status = await engine.status()
    return engineCheck(engine, reason, known.status)
  })
  const { status } = known
  if (status) await lookAtEngine(settings, status, looking, look)
  if (status && (settings.brokersGiven || status.running)) await lookAtCluster(reaching(settings, status), status, looking, look) // prettier-ignore
  return done
}

type Look = (name: string, check: () => Check | Promise<Check>) => Promise<Check>

function engineCheck({ name }: Engine, reason: string, { running, brokers }: InfraStatus): Check {
  const summary = `${reason}; ${running ? 'its brokers answer' : brokers.length > 0 ? 'no answer' : 'not running: `payflow infra up` starts it'}` // prettier-ignore
  if (running || name === 'external' || brokers.length === 0) return { name: 'engine', summary, findings: [] }
  const finding: CheckFinding = {
    severity: 'error',
    what: `The brokers that ${name} runs do not answer`,
    evidence: [`their processes are alive: ${brokers.join(', ')}`],
    hint: 'see what they say with `payflow infra logs`; `payflow infra up` starts what is missing',
  }
  return { name: 'engine', summary, findings: [finding] }
}

/** What the engine needs of this machine. Nothing where the brokers are somebody else's. */
async function lookAtEngine(settings: Settings, status: InfraStatus, looking: Looking, look: Look): Promise<void> {
  const options = { ...infraOptions(settings, looking.env, looking), signal: looking.signal }
  const { engine } = status
  if (engine !== 'external') {
    const kafka = status.kafka ?? settings.kafka
    if (engine === 'local') {
      await look('java', () => checkJava({ ...options, kafka }))
      await look('maven', () => checkMaven({ ...options, kafka }))
    }
    await look('docker', () => checkDocker(options, engine === 'docker'))
    await look('ports', () => checkPorts({ ...options, kafka }, engine, status))
  }
  await look('memory', () => checkMemory({ starts: engine !== 'external' && !status.running }))
}

async function lookAtCluster(settings: Settings, { engine }: InfraStatus, looking: Looking, look: Look): Promise<void> {
  const { log, signal } = looking
  const connection = connectionOf(settings)
  const way = await look('connection', () => checkConnection(connection, signal))
  if (way.findings.length > 0 || way.unknown) return
  const client = new Client(clientOptions(settings, 'payflow-doctor', log))
  try {
    await look('advertised', () => checkAdvertised(client, connection))
    await look('clock', () => checkClock(client, { sameMachine: engine === 'local' }))
    await look('broker disks', () => checkDisks(client))
    await look('partitions', () => checkPartitions(client))
    await look('rights', () => checkRights(client, workers))
    await look('topics', () => checkTopics(client))
    await look('settings', () => checkSettings(client, workers, settings))
    await look('groups', () => checkGroups(client, workers, signal))
    await look('transactions', async () => {
      const topics = (await topicNames(client)).filter((name) => isPayflowTopic(name) || name === '__consumer_offsets')
      return checkTransactions(client, topics)
    })
  } finally {
    await client.close()
  }
}

interface Diagnosis {
  readonly checks: readonly Check[]
  /** What `fix` has put right: no finding any more. */
  readonly fixed: readonly string[]
}

/** Does what the findings of `checks` offer to do by themselves, and looks again whether that helped. */
export async function fixed(settings: Settings, checks: readonly Check[]): Promise<Diagnosis> {
  const before = checks.flatMap(({ findings }) => findings).filter(({ fix }) => fix)
  for (const { fix } of before) await fix?.()
  const again = checkRecords(settings.home)
  const left = new Set(again.findings.map(({ what }) => what))
  return {
    checks: checks.map((check) => (check.name === again.name ? again : check)),
    fixed: before.map(({ what }) => what).filter((what) => !left.has(what)),
  }
}
