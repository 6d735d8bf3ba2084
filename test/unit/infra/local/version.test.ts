import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { agreeOnNodes, draftPrefix, removeDrafts, hasData, topicsOnDisk, writeShape } from '../../../../src/infra/local/cluster-data.ts' // prettier-ignore
import { layoutOf } from '../../../../src/infra/local/layout.ts'
import { refuseOther, usualVersion } from '../../../../src/infra/local/version.ts'
import { identify } from '../../../../src/infra/processes.ts'
import { writeRecord } from '../../../../src/settings/infra-record.ts'
import type { KafkaVersion } from '../../../../src/settings/kafka-version.ts'

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'payflow-version-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return home
}

const withData = (home: string, kafka: KafkaVersion): void =>
  void mkdirSync(join(layoutOf(home, kafka).data, 'kafka-0'), { recursive: true })

/** A pid file that names this very process. */
function running(home: string, kafka?: KafkaVersion): void {
  const { run } = layoutOf(home)
  mkdirSync(run, { recursive: true })
  const service = { name: 'kafka-0', ...identify(process.pid), port: 9092, kafka }
  writeFileSync(join(run, 'kafka-0.pid'), JSON.stringify(service))
}

test('who names no version means 3.9 in an empty home, and beside data of both', () => {
  const home = newHome()
  expect(usualVersion(home)).toBe('3.9')
  withData(home, '4')
  expect(usualVersion(home)).toBe('4')
  withData(home, '3.9')
  expect(usualVersion(home)).toBe('3.9')
})

test('what was started here and not stopped counts more than data, and what runs more than that', () => {
  const home = newHome()
  withData(home, '3.9')
  const record = { brokers: ['127.0.0.1:9'], zookeeper: null, ksql: null, startedAt: '', nodes: 1 }
  writeRecord(home, { engine: 'local', ...record, kafka: '4' })
  expect(usualVersion(home)).toBe('4')
  running(home, '3.9')
  expect(usualVersion(home)).toBe('3.9')
})

test('a pid file or a record of an earlier payflow is of 3.9', () => {
  const home = newHome()
  withData(home, '4')
  running(home)
  expect(usualVersion(home)).toBe('3.9')
})

test('another Kafka that runs in the home is named, with the command that stops it', () => {
  const home = newHome()
  running(home, '4')
  expect(() => refuseOther(layoutOf(home, '4'))).not.toThrow()
  expect(() => refuseOther(layoutOf(home, '3.9'))).toThrow(
    expect.objectContaining({
      code: 'KAFKA_DIFFERS',
      kind: 'usage',
      message: `Kafka 4 runs in ${home} (kafka-0, pid ${process.pid}), not Kafka 3.9`,
      hint: expect.stringContaining('`payflow infra down --kafka 4`') as string,
    }),
  )
})

test('data of Kafka 4 without their description, or without a node, are refused and never formatted again', () => {
  const home = newHome()
  const layout = layoutOf(home, '4')
  expect(agreeOnNodes(layout, 3)).toBe(3)
  withData(home, '4')
  expect(() => agreeOnNodes(layout, 1)).toThrow(/Kafka 4 in .*data-4 do not belong together: cluster.json was deleted/)
  writeShape(layout.data, 3)
  expect(() => agreeOnNodes(layout, 1)).toThrow(/those of kafka-1, kafka-2 were deleted/)
  for (const id of [1, 2]) mkdirSync(join(layout.data, `kafka-${id}`))
  expect(agreeOnNodes(layout, 1)).toBe(3)
  expect(() => agreeOnNodes(layout, 4)).toThrow(
    expect.objectContaining({ code: 'NODES_DIFFER', hint: expect.stringContaining('--volumes --kafka 4') as string }),
  )
})

test('storage that was half formatted goes, and is never taken for data', () => {
  const home = newHome()
  const layout = layoutOf(home, '4')
  const draft = `${draftPrefix(layout)}abc`
  mkdirSync(join(draft, 'kafka-0'), { recursive: true })
  expect(hasData(layout)).toBe(false)
  withData(home, '3.9')
  removeDrafts(layout)
  expect(() => rmSync(draft)).toThrow('ENOENT')
  expect(hasData(layoutOf(home))).toBe(true)
})

test("KRaft's own log is not a topic that clients are told of", () => {
  const home = newHome()
  const layout = layoutOf(home, '4')
  for (const name of ['orders-0', 'orders-1', '__cluster_metadata-0', 'gone-0.5f-delete'])
    mkdirSync(join(layout.data, 'kafka-0', name), { recursive: true })
  expect(topicsOnDisk(layout, 0)).toEqual(['orders'])
})
