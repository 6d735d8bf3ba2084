import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../src/infra/ports.ts'
import { command } from '../../support/command.ts'

const lines = ['topics list', 'topics reset --yes', 'groups list', 'groups describe g', 'produce orders --count 1', 'worker large-orders', 'worker all --until-caught-up', 'worker reset large-orders --yes', 'audit', 'dead-letters list', 'all --count 1'] // prettier-ignore

/** Takes connections and never answers: a wrong port, or a broker that hangs. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function expectUnreachable(line: string, address: string): Promise<void> {
  const startMs = performance.now()
  const { exitCode, stdout, stderr } = await command(line.split(' '), { brokers: [address] })
  expect(performance.now() - startMs).toBeLessThan(10_000)
  expect([exitCode, stdout]).toEqual([3, ''])
  expect(stderr).toContain(`No Kafka broker answers at ${address}`)
  expect(stderr).toContain('--brokers HOST:PORT')
}

describe('without a broker a command ends with 3 within 10 s and names the address that it tried', () => {
  test('where nobody listens', { timeout: 15_000 }, async () => {
    const address = `127.0.0.1:${await freePort()}`
    await Promise.all(lines.map((line) => expectUnreachable(line, address)))
  })

  test('where somebody takes the connection and says nothing', { timeout: 15_000 }, async () => {
    const address = await silentServer()
    await Promise.all(lines.map((line) => expectUnreachable(line, address)))
  })
})

test('with --json that error is one line of JSON on stderr', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const { exitCode, stdout, stderr } = await command(['groups', 'list', '--json'], { brokers: [address] })
  expect([exitCode, stdout]).toEqual([3, ''])
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'UNREACHABLE' } })
})

test('without a known broker it says so at once', async () => {
  const { exitCode, stderr } = await command(['topics', 'list'], { env: { PAYFLOW_KAFKA_PORT: '0' } })
  expect(exitCode).toBe(3)
  expect(stderr).toContain('start one with `payflow infra up`')
})
