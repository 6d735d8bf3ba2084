import { expect, test } from 'vitest'
import { ExternalEngine } from '../../src/infra/external.ts'
import { freePort } from '../../src/infra/ports.ts'
import { brokers } from '../support/broker.ts'

const silent = (): void => undefined

test('brokers of somebody else are found running and never stopped', async () => {
  const engine = new ExternalEngine({ connection: { brokers: brokers() } })
  expect(await engine.up(silent)).toEqual({
    ...{ engine: 'external', running: true, started: false },
    ...{ brokers: brokers(), zookeeper: null, ksql: null },
  })
  await expect(engine.down()).rejects.toMatchObject({ code: 'NOT_OURS', kind: 'usage' })
  expect(await engine.status()).toMatchObject({ running: true })
})

test('brokers that do not answer are named within ten seconds', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const engine = new ExternalEngine({ connection: { brokers: [address] } })
  const since = Date.now()
  await expect(engine.up(silent)).rejects.toMatchObject({
    kind: 'infra',
    message: expect.stringContaining(address) as string,
  })
  expect(Date.now() - since).toBeLessThan(10_000)
  expect(await engine.status()).toMatchObject({ running: false, brokers: [address] })
})
