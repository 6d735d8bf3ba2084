import type { Check, CheckFinding } from '../../check.ts'
import type { Client } from '../../kafka/client.ts'
import { topicNames } from '../../kafka/topics.ts'
import { DEAD_LETTERS, isPayflowTopic, publicTopics } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { examineCluster, type Timeouts } from '../../runtime/cluster/check.ts'

const wanted = [...publicTopics.map(({ name }) => name), DEAD_LETTERS]

const NAMED = 5

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`

/** The topics of payflow that are missing. Workers create their own. */
export async function checkTopics(client: Client): Promise<Check> {
  const existing = await topicNames(client)
  const missing = wanted.filter((name) => !existing.includes(name))
  const summary = `${existing.filter(isPayflowTopic).length} of payflow's, ${existing.length} in all`
  if (missing.length === 0) return { name: 'topics', summary, findings: [] }
  const none = missing.length === wanted.length
  const finding: CheckFinding = {
    severity: none ? 'warning' : 'error',
    what: none ? "None of payflow's topics is there yet" : `Topics are missing: ${missing.join(', ')}`,
    evidence: [`the cluster has ${listed(existing.filter((name) => !name.startsWith('__'))) || 'no topic'}`],
    hint: 'create what is missing with `payflow topics create`',
  }
  return { name: 'topics', summary, findings: [finding] }
}

/** The settings of topics and brokers, held against what each worker needs: the same rules as at its start. */
export async function checkSettings(client: Client, workers: readonly AnyWorker[], timeouts: Timeouts): Promise<Check> {
  const existing = await topicNames(client)
  const about = workers.filter((worker) => existing.includes(worker.output.name))
  const found = new Map<string, { finding: CheckFinding; of: string[] }>()
  for (const worker of about)
    for (const { what, hint, fatal } of await examineCluster(client, worker, timeouts)) {
      const known = found.get(what)
      if (known) known.of.push(worker.name)
      else found.set(what, { finding: { severity: fatal ? 'error' : 'warning', what, hint, evidence: [] }, of: [worker.name] }) // prettier-ignore
    }
  const findings = [...found.values()].map(({ finding, of }) => ({
    ...finding,
    evidence: [finding.severity === 'error' ? `${of.join(', ')} would not start` : `it is about ${of.join(', ')}`],
  }))
  return {
    name: 'settings',
    summary:
      about.length === 0
        ? 'none to look at: no output of a worker is there'
        : `those that ${about.length} ${about.length === 1 ? 'worker depends' : 'workers depend'} on`,
    findings,
  }
}
