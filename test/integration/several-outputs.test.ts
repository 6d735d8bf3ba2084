import { expect, test } from 'vitest'
import { audit, auditChoices } from '../../src/app/audit/audit.ts'
import { defineTopic, defineWorker, expectedEvents, integer, text, time, toRecord, z } from '../../src/index.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'

const visits = defineTopic('visits', { shop: text(), page: text(), timestamp: time() })
const shopOf = ({ shop }: { readonly shop: string }): string => shop
const counts = defineTopic('counts', { shop: text(), visits: integer(1) }, { key: shopOf })
const firsts = defineTopic('firsts', { shop: text(), page: text(), from: text() }, { key: ({ page }) => page })

const counting: AnyWorker = {
  ...defineWorker({
    name: 'counting',
    summary: 'Visits of shops, and the first of each page',
    inputs: { visits },
    outputs: { counts, firsts },
    states: {
      shops: { schema: z.int(), initial: 0, key: { visits: shopOf } },
      pages: { schema: z.boolean(), initial: false, key: { visits: ({ shop, page }) => `${shop}/${page}` } },
    },
    partitionBy: { visits: shopOf },
    on: {
      visits: ({ shop, page }, { shops, pages }, _, { key, header, partition }) => ({
        state: { shops: shops + 1, pages: true },
        emit: {
          counts: [{ shop, visits: shops + 1 }],
          firsts: pages ? [] : [toRecord({ shop, page, from: `${key ?? 'nobody'}/${partition}` }, { headers: { trace: header('trace') ?? '' } })], // prettier-ignore
        },
      }),
    },
    audit: {
      counts: expectedEvents(['visits'], () => () => []),
      firsts: expectedEvents(['visits'], () => () => []),
    },
  }),
  file: './counting.js',
}

test('several outputs and states are one transaction, restored together; a step knows where its record was first read', async () => {
  const { worker, topicOf } = await isolated(counting)
  const topics = worker.outputs!
  const visit = (i: number) => ({
    key: `visitor-${i}`,
    value: JSON.stringify({ shop: `shop-${i % 4}`, page: `page-${i % 3}`, timestamp: '2026-01-01T00:00:00Z' }),
    partition: i % 3,
    headers: { trace: `t${i}` },
  })
  const write = (from: number, to: number) => writeAll(brokers(), topicOf('visits'), Array.from({ length: to - from }, (_, i) => visit(from + i))) // prettier-ignore
  await write(0, 100)
  await runUntilCaughtUp([worker])
  await write(100, 240)
  await runUntilCaughtUp([worker])

  const perShop = new Map<string, number[]>()
  for (const { key, value } of await readAll(brokers(), topics['counts']!.name))
    perShop.set(key!, [...(perShop.get(key!) ?? []), (JSON.parse(value!) as { visits: number }).visits])
  expect([...perShop.keys()].sort()).toEqual(['shop-0', 'shop-1', 'shop-2', 'shop-3'])
  for (const found of perShop.values()) expect(found).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))

  const first = await readAll(brokers(), topics['firsts']!.name)
  expect(first).toHaveLength(12)
  for (const { key, value, headers } of first) {
    const { page, from, shop } = JSON.parse(value!) as Record<string, string>
    const visitor = Number(headers['trace']!.slice(1))
    expect({ key, page, shop, from }).toEqual({ key: page, page: `page-${visitor % 3}`, shop: `shop-${visitor % 4}`, from: `visitor-${visitor}/${visitor % 3}` }) // prettier-ignore
  }
})

test('the audit judges each output by its own rule', async () => {
  const { worker, topicOf } = await isolated(counting)
  await writeAll(brokers(), topicOf('visits'), [{ key: 'shop', value: JSON.stringify({ shop: 'shop', page: 'a', timestamp: '2026-01-01T00:00:00Z' }) }]) // prettier-ignore
  await runUntilCaughtUp([worker])
  const { workers } = await audit(client(), auditChoices([{ definition: worker, options: {}, words: [] }]), {
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  expect(workers.map((found) => [found.worker, found.unexpected])).toEqual([
    [`${worker.name}.counts`, 1],
    [`${worker.name}.firsts`, 1],
  ])
})
