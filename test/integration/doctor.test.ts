import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkGroups } from '../../src/app/doctor/check-groups.ts'
import { checkRights } from '../../src/app/doctor/check-rights.ts'
import { checkSettings } from '../../src/app/doctor/check-topics.ts'
import { checkTransactions } from '../../src/kafka/check-transactions.ts'
import { checkPartitions } from '../../src/kafka/check-partitions.ts'
import { clockDifference } from '../../src/kafka/clock.ts'
import { alterTopicConfig } from '../../src/kafka/configs.ts'
import { brokerDisks } from '../../src/kafka/replica-sizes.ts'
import { produce } from '../../src/kafka/produce.ts'
import { initProducerId } from '../../src/kafka/requests.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { OutputBuffers } from '../../src/kafka/output-buffers.ts'
import { deleteBefore } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { setBrokerSettings } from '../support/broker-settings.ts'
import { command } from '../support/command.ts'
import { advertising } from '../support/fake-brokers.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { testKafka } from '../support/java-options.ts'
import { moveGroup } from '../support/move-group.ts'
import { writeAll } from '../support/records.ts'
import { orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const signal = new AbortController().signal
const timeouts = { sessionTimeoutMs: 6_000, transactionTimeoutMs: 30_000 }

interface Report {
  ok: boolean
  findings: { check: string; severity: string; what: string; evidence: string[]; hint: string }[]
  checks: { check: string; summary: string; unknown: boolean }[]
}

test('looks at everything, says how to reach the brokers phase by phase, and ends with 1 while something is wrong', async () => {
  const { exitCode, documents, stderr } = await command(['doctor', '--json'], { brokers: brokers() })
  const { checks, findings, ok } = documents()[0] as unknown as Report
  expect(checks.map(({ check }) => check)).toEqual(['node', 'kafkajs', 'disk', 'records', 'engine', 'memory', 'connection', 'advertised', 'clock', 'broker disks', 'partitions', 'rights', 'topics', 'settings', 'groups', 'transactions']) // prettier-ignore
  const summaryOf = (name: string): string => checks.find(({ check }) => check === name)!.summary
  expect(summaryOf('connection')).toMatch(/DNS: 127\.0\.0\.1 .*TCP: connected .*API: a broker answers/)
  expect(summaryOf('advertised')).toContain(`bootstrap: ${brokers().join(', ')}; advertised: broker 0 at ${brokers().join(', ')}`) // prettier-ignore
  expect(summaryOf('broker disks')).toContain('GiB free')
  expect(summaryOf('rights')).toMatch(/^on \d+ topics and 6 groups/)
  expect(checks.filter(({ unknown, check }) => unknown && check !== 'clock')).toEqual([])
  expect([ok, exitCode]).toEqual(findings.length === 0 ? [true, 0] : [false, 1])
  if (!ok) expect(stderr).toContain('"code":"FINDINGS"')
  expect(findings.every(({ hint, evidence }) => hint !== '' && evidence.length > 0)).toBe(true)
})

test('brokers that do not answer are found out about phase by phase, and nothing behind them is asked', async () => {
  const { exitCode, stdout } = await command(['doctor'], { brokers: ['127.0.0.1:1'] })
  expect(exitCode).toBe(1)
  expect(stdout).toContain('No Kafka broker answers at 127.0.0.1:1 (connection refused)')
  expect(stdout).toContain('127.0.0.1:1: DNS: 127.0.0.1')
  expect(stdout).toMatch(/→ start one with `payflow infra up`/)
  expect(stdout).not.toContain('topics ')
})

test('a bundle holds findings, settings, versions and ends of logs, for its owner only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'payflow-bundle-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'report.md')
  await command(['doctor', '--bundle', path], { brokers: brokers() })
  const text = readFileSync(path, 'utf8')
  for (const title of ['Versions', 'Findings', 'Checks', 'Settings']) expect(text).toContain(`## ${title}`)
  expect(text).toMatch(/broker 0 at .* serves .*3:\d+-\d+/)
  expect(text).toContain(`brokers = ${brokers().join(',')}`)
  expect(statSync(path).mode & 0o077).toBe(0)
})

test('the topics that are missing, and settings under which a worker would not start', async () => {
  const { worker } = await isolated(findWorker('aggregated-revenue')!, { partitions: 1 })
  await runUntilCaughtUp([worker])
  expect((await checkSettings(client(), [worker], timeouts)).findings.filter(({ severity }) => severity === 'error')).toEqual([]) // prettier-ignore
  await alterTopicConfig(client(), stateTopic(worker.name), { 'cleanup.policy': 'compact,delete' })
  expect((await checkSettings(client(), [worker], timeouts)).findings).toContainEqual({
    severity: 'error',
    what: expect.stringContaining('cleanup.policy=compact,delete') as string,
    evidence: [`${worker.name} would not start`],
    hint: `nothing is lost yet: \`payflow topics configure ${stateTopic(worker.name)} cleanup.policy=compact\``,
  })
})

test('a worker whose group was moved, and a group whose offsets retention has passed by', async () => {
  const { worker, topicOf } = await isolated(findWorker('aggregated-revenue')!, { partitions: 1 })
  const at = { topic: topicOf('orders'), partition: 0 }
  await writeAll(brokers(), at.topic, orderMessages(0, 50))
  await runUntilCaughtUp([worker])
  const stranger = `billing-${randomUUID().slice(0, 8)}`
  await moveGroup(brokers(), stranger, { ...at, offset: 10 })
  const own = async () => {
    const { findings } = await checkGroups(client(), [worker], signal)
    return findings.filter(({ what }) => what.includes(at.topic))
  }
  expect(await own()).toEqual([])
  await moveGroup(brokers(), `payflow-${worker.name}`, { ...at, offset: 20 })
  await deleteBefore(brokers(), at.topic, 15)
  const found = await own()
  expect(found.map(({ severity, what }) => [severity, what]).sort()).toEqual([
    ['error', expect.stringContaining(`${worker.name} will not start: payflow-${worker.name} stands at offset 20`)],
    ['warning', expect.stringContaining(`${stranger} stands at offset 10 of ${at.topic}/0, which is not there: 5 offsets were deleted`)], // prettier-ignore
  ])
  expect(found.find(({ severity }) => severity === 'warning')!.hint).toContain(`\`payflow groups reset ${stranger} --topic ${at.topic} --partition 0 --to start --yes\``) // prettier-ignore
  expect(found.find(({ severity }) => severity === 'error')!.hint).toContain(
    `payflow groups reset payflow-${worker.name}`,
  )
})

test('whose transaction is open, since when, and when it is over', async () => {
  const topic = `held-${randomUUID().slice(0, 8)}`
  const own = client()
  await createTopics(own, [{ topic, partitions: 1, replicationFactor: 1 }])
  const transactionalId = `shop-${topic}`
  const producer = await TransactionalProducer.open(own, { transactionalId, transactionTimeoutMs: 60_000, patienceMs: 30_000, signal }) // prettier-ignore
  onTestFinished(() => producer.close())
  const buffers = new OutputBuffers(undefined, own.codec)
  buffers.append(topic, 0, null, '{}')
  for (const round of buffers.rounds()) await producer.send(round)
  const look = async (laterMs: number) => (await checkTransactions(own, [topic], Date.now() + laterMs)).findings
  expect(await look(0)).toEqual([])
  expect(await look(30_000)).toMatchObject([
    { severity: 'warning', what: expect.stringMatching(new RegExp(`^A transaction of ${transactionalId} \\(producer id \\d+\\) has been open for 3\\d s$`)) as string, hint: expect.stringContaining(`abort --topic ${topic} --partition 0 --start-offset 0`) as string }, // prettier-ignore
  ])
  expect(await look(200_000)).toMatchObject([{ severity: 'error', what: expect.stringContaining('hangs') as string }])
  await producer.commit()
  expect(await look(200_000)).toEqual([])
})

/** Lets brokers take transactional records of a transaction that its coordinator was told nothing of, as those before Kafka 3.6 do. */
async function withoutVerification(use: () => Promise<void>): Promise<void> {
  const own = client()
  const { brokers: all } = await own.shared.cluster()
  const set = (value: string | undefined) => setBrokerSettings(own, all[0]!.nodeId, { 'transaction.partition.verification.enable': value }) // prettier-ignore
  await set('false')
  await use().finally(() => set(undefined))
}

test('a transaction that no coordinator will end, and the command that does', async () => {
  const topic = `hanging-${randomUUID().slice(0, 8)}`
  const own = client()
  const connection = own.shared
  await createTopics(own, [{ topic, partitions: 1, replicationFactor: 1 }])
  onTestFinished(async () => {
    await deleteTopics(own, [topic])
  })
  const transactionalId = `lost-${topic}`
  await withoutVerification(async () => {
    await eventually(async () => {
      const coordinator = await connection.coordinator('transaction', transactionalId)
      const identity = await initProducerId(coordinator, { transactionalId, transactionTimeout: 60_000 })
      const buffers = new OutputBuffers(undefined, own.codec)
      buffers.append(topic, 0, null, '{}')
      const batches = [...buffers.rounds()].flat().map((batch) => ({ ...batch, baseSequence: 0 }))
      const leader = await connection.leader(topic, 0)
      const [result] = await produce(connection, leader, { transactionalId, ...identity, acks: -1, timeoutMs: 10_000, compression: 'none', batches }) // prettier-ignore
      expect(result!.errorCode).toBe(0)
    })
  })
  const { findings } = await checkTransactions(own, [topic])
  expect(findings).toMatchObject([
    {
      severity: 'error',
      what: expect.stringMatching(
        new RegExp(`^A transaction of ${transactionalId} \\(producer id \\d+\\) hangs`),
      ) as string,
      hint: `end it with Kafka's \`kafka-transactions.sh --bootstrap-server ${brokers().join(',')} abort --topic ${topic} --partition 0 --start-offset 0\``,
    },
  ])
})

test('partitions, disks and rights are read as they are', async () => {
  const { worker } = await isolated(findWorker('large-orders')!, { partitions: 1 })
  await runUntilCaughtUp([worker])
  const own = client()
  expect((await checkPartitions(own)).summary).toMatch(/^1 broker, \d+ topics, \d+ partitions$/)
  const [disks] = await brokerDisks(own)
  expect(disks!.directories[0]!.usableBytes).toBeGreaterThan(0)
  expect(disks!.directories[0]!.replicas).toContainEqual(expect.objectContaining({ topic: stateTopic(worker.name), partition: 0 })) // prettier-ignore
  expect((await checkRights(own, [worker])).findings).toEqual([])
  const clock = await clockDifference(own.shared)
  if (testKafka === '3.9') expect(clock).toBeUndefined()
  else expect(Math.abs(clock!.aheadMs)).toBeLessThanOrEqual(clock!.toleranceMs + 5)
})

test('an address that brokers advertise and nobody can reach', async () => {
  const address = await advertising('127.0.0.1', 1)
  const { exitCode, documents } = await command(['doctor', '--json'], { brokers: [address] })
  const { findings } = documents()[0] as unknown as Report
  expect(exitCode).toBe(1)
  const found = findings.find(({ check }) => check === 'connection')!
  expect(found.what).toContain('but tells clients to use 127.0.0.1:1')
  expect(found.hint).toContain('advertised.listeners')
})
