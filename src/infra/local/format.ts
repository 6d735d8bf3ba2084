import { randomBytes } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { runCommand } from '../command.ts'
import { draftPrefix, hasData, removeDrafts, writeShape } from './cluster-data.ts'
import { brokerName, inHome } from './layout.ts'
import { kraftProperties, renderProperties } from './properties.ts'
import { javaArguments, javaEnvironment } from './services.ts'
import { explainWords, type Member, type StartContext } from './start.ts'

const jvmOptions = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** A cluster id as Kafka writes its UUIDs: 22 characters that a command line does not take for an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/**
 * Sees to it that Kafka 4 finds storage that it was told to use (KRaft starts on no other): formats that of all nodes, unless there are
 * data already. It appears all at once or not at all, so a start that is killed leaves nothing that looks like a cluster.
 * Returns whether it is new.
 */
export async function formatStorage(
  context: StartContext,
  controllerPorts: readonly number[],
  members: readonly Member[],
): Promise<boolean> {
  const { layout, report } = context
  removeDrafts(layout)
  if (hasData(layout)) return false
  const draft = mkdtempSync(draftPrefix(layout))
  try {
    const clusterId = newClusterId()
    const outcomes = await Promise.allSettled(
      members.map((member) => formatNode(context, { clusterId, controllerPorts, draft, member })),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    writeShape(draft, members.length)
    renameSync(draft, layout.data)
    report(`Formatted the storage of ${members.length === 1 ? 'one node' : `${members.length} nodes`}`)
    return true
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

interface Format {
  readonly clusterId: string
  readonly controllerPorts: readonly number[]
  readonly draft: string
  readonly member: Member
}

async function formatNode(
  { layout, java, env, nodes, signal }: StartContext,
  { clusterId, controllerPorts, draft, member: { id, port } }: Format,
): Promise<void> {
  const name = brokerName(id)
  const properties = join(layout.run, `${name}.format.properties`)
  writeFileSync(
    properties,
    renderProperties(kraftProperties({ id, port, nodes, controllerPorts, data: basename(draft) })),
  )
  const tool = javaArguments(layout, join(layout.logs, 'format.log'), 'kafka.tools.StorageTool')
  const args = [...jvmOptions, ...tool, 'format', '--cluster-id', clusterId, '--config', inHome(layout, properties)]
  const { exitCode, stdout, stderr } = await runCommand(java, args, {
    env: javaEnvironment(env),
    cwd: layout.home,
    signal,
  })
  rmSync(properties, { force: true })
  if (exitCode === 0) return
  throw explainWords({ layout, env }, { name, port }, `${stderr}\n${stdout}`)
}
