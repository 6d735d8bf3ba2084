import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { asPayflowError } from '../../src/kafka/errors.ts'
import { Client } from '../../src/kafka/client.ts'
import { checkReachable } from '../../src/kafka/reachable.ts'
import { describeBrokers } from '../../src/kafka/readiness.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { listTopics, lookAtTopics } from '../../src/kafka/topics.ts'
import { freePort } from '../../src/infra/ports.ts'
import { brokers, ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { advertising, apiVersions, listening } from '../support/fake-brokers.ts'
import { client } from '../support/isolated.ts'
import { testKafka } from '../support/java-options.ts'
import { writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

const answering = (answer: Buffer | string): Server =>
  createServer((socket) => socket.once('data', () => socket.write(answer)))

function tlsServer(): Server {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=kafka'], { stdio: 'ignore' }) // prettier-ignore
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) })
  rmSync(directory, { recursive: true })
  return server.on('tlsClientError', () => undefined)
}

test.each<[string, () => Server, string, RegExp]>([
  ['a server that says nothing', () => createServer(), 'UNREACHABLE', /\(it accepts connections and says nothing\)$/],
  ['an HTTP server', () => createHttpServer((_, response) => response.end()), 'NOT_KAFKA', /\(it is an HTTP server\)$/],
  ['a TLS server', tlsServer, 'TLS_EXPECTED', /\(it expects TLS\)$/],
  ['an SSH server', () => createServer((s) => s.write('SSH-2.0-OpenSSH_9.2\r\n')), 'NOT_KAFKA', /\(it answers "SSH-2\.0-OpenSSH_9\.2"\)$/], // prettier-ignore
  ['a server of zeros', () => answering(Buffer.alloc(64)), 'NOT_KAFKA', /\(what it answers is not of Kafka\)$/],
  ['a server of ones', () => answering(Buffer.alloc(64, 255)), 'NOT_KAFKA', /\(what it answers is not of Kafka\)$/],
  [
    'a server that hangs up',
    () => createServer((s) => s.end()),
    'UNREACHABLE',
    /\(it closes connections without an answer\)$/,
  ],
])('%s is named as such, within ten seconds', async (_, server, code, message) => {
  const address = await listening(server())
  const since = performance.now()
  await expect(checkReachable({ brokers: [address] })).rejects.toMatchObject({
    ...{ code, kind: 'infra' },
    message: expect.stringMatching(message) as string,
  })
  expect(performance.now() - since).toBeLessThan(10_000)
})

test('bytes that are not of Kafka end no process, even where nobody has looked before', async () => {
  for (const bytes of [Buffer.alloc(64), Buffer.alloc(64, 255)]) {
    const address = await listening(answering(bytes))
    await expect(describeBrokers({ brokers: [address] }, 2_000)).rejects.toThrow()
  }
})

test('of several addresses, each is named with what is there; the hint is of the one that tells most', async () => {
  const [dead, secure] = [`127.0.0.1:${await freePort()}`, await listening(tlsServer())]
  await expect(checkReachable({ brokers: [dead, 'nosuch.invalid:9092', secure] })).rejects.toMatchObject({
    code: 'TLS_EXPECTED',
    message: `No Kafka broker answers at ${dead} (connection refused), nosuch.invalid:9092 (its name cannot be resolved), ${secure} (it expects TLS)`,
    hint: expect.stringContaining('connect with TLS: --tls on') as string,
  })
})

test('one broker that answers is enough, whatever the other addresses are', async () => {
  const silent = await listening(createServer())
  const addresses = [silent, `127.0.0.1:${await freePort()}`, 'nosuch.invalid:9092', ...brokers()]
  const since = performance.now()
  expect((await checkReachable({ brokers: addresses })).brokers).toEqual(brokers())
  expect(performance.now() - since).toBeLessThan(4_000)
  expect(await listTopics(client(addresses), [])).toEqual([])
})

test('who answers first and is silent then, as a broker that is stopped in that moment, is passed over for another', async () => {
  let asked = 0
  const stopped = createServer((socket) =>
    socket.on('data', (request) => {
      if (asked++ === 0) socket.write(apiVersions(request.readInt32BE(8), []))
    }),
  )
  const { hostname, port } = new URL(`kafka://${brokers()[0]}`)
  const slower = createServer((socket) => {
    const broker = connect(Number(port), hostname)
    broker.on('error', () => socket.destroy())
    socket.on('close', () => broker.destroy())
    socket.once('data', (first) => setTimeout(() => socket.pipe(broker).write(first), 300))
    broker.pipe(socket)
  })
  const addresses = [await listening(stopped), await listening(slower)]
  expect(await checkReachable({ brokers: addresses })).toEqual(await describeBrokers({ brokers: brokers() }, 5_000))
  expect(asked).toBeGreaterThan(1)
})

test.each([
  ['nosuch.invalid', 29092, 'its name cannot be resolved'],
  ['127.0.0.1', 1, 'connection refused'],
])('a broker that sends clients to %s is told from one that does not answer', async (host, port, why) => {
  const address = await advertising(host, port)
  await expect(checkReachable({ brokers: [address] })).rejects.toMatchObject({
    code: 'ADVERTISED_UNREACHABLE',
    message: `A broker answers at ${address}, but tells clients to use ${host}:${port} (${why})`,
    hint: expect.stringMatching(/^advertised\.listeners of the broker must name/) as string,
  })
})

test('a broker that is too old is named with what it serves, at connect', async () => {
  const old = createServer(
    (socket) =>
    socket.on('data', (request) => socket.write(apiVersions(request.readInt32BE(8), [[0, 0, 5], [1, 0, 6], [3, 0, 5], [18, 0, 0]]))), // prettier-ignore
  )
  const address = await listening(old)
  await expect(checkReachable({ brokers: [address] })).rejects.toMatchObject({ code: 'BROKER_TOO_OLD', kind: 'infra' })
})

test('a name that resolves to several addresses reaches the broker on any of them', async () => {
  const port = Number(brokers()[0]!.split(':')[1])
  expect((await checkReachable({ brokers: [`localhost:${port}`] })).brokers).toEqual(brokers())
  const made = new Client({ brokers: [`localhost:${port}`] })
  onTestFinished(() => made.close())
  expect((await made.shared.cluster()).brokers).toHaveLength(1)
})

test('an IPv6 address is one to connect to', async () => {
  const [host = '', port] = brokers()[0]!.split(':')
  const { connect } = await import('node:net')
  const relay = createServer((socket) => {
    const onward = connect(Number(port), host)
    onward.on('error', () => socket.destroy())
    socket
      .on('close', () => onward.destroy())
      .pipe(onward)
      .pipe(socket)
  })
  const address = (await listening(relay, '::1')).replace('::1', '[::1]')
  expect((await checkReachable({ brokers: [address] })).brokers).toEqual(brokers())
  expect((await client([address]).shared.cluster()).brokers).toHaveLength(1)
})

test('one partition without a leader, whosever it is, is marked and hides nothing else', async () => {
  const { brokers: addresses, infra } = await ownBroker(2)
  const admin = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const assigned = (topic: string, replicas: number[]) => ({ topic, replicaAssignment: replicas.map((id, partition) => ({ partition, replicas: [id] })) }) // prettier-ignore
  await admin.createTopics({ topics: [assigned('foreign', [1, 0]), assigned('sound', [0])] })
  await admin.disconnect()
  await writeAll(addresses, 'foreign', [0, 1].map((partition) => ({ partition, value: `old ${partition}` }))) // prettier-ignore
  await infra.faults.kill('kafka-1')
  const own = client(addresses)
  // Kafka 4 keeps the last replica that was in sync in another list (KIP-966)
  const isr = testKafka === '4' ? [] : [1]

  await eventually(async () => expect((await lookAtTopics(own, ['foreign']))[0]!.partitions).toEqual([
    { partition: 0, leader: -1, replicas: [1], isr, start: null, end: null },
    { partition: 1, leader: 0, replicas: [0], isr: [0], start: 0, end: 1 },
  ])) // prettier-ignore
  expect(await listTopics(own)).toEqual([
    { topic: 'foreign', partitions: 2, replicationFactor: 1, records: null },
    { topic: 'sound', partitions: 1, replicationFactor: 1, records: 0 },
  ])
  expect((await checkReachable({ brokers: addresses })).brokers).toHaveLength(1)
  expect(asPayflowError(await own.shared.leader('foreign', 0).catch((error: unknown) => error))).toMatchObject({
    code: 'NO_LEADER',
    message: 'Partition 0 of foreign has no leader: broker 1 must be up',
  })
  expect((await createTopics(own, [{ topic: 'more', partitions: 1, replicationFactor: 1 }])).created).toEqual(['more'])

  const tail = ['tail', 'foreign', '--from', 'start', '--format', '%v']
  const [there, following] = [{ stdout: '', stderr: '' }, new AbortController()]
  const followed = command(tail, {
    ...{ brokers: addresses, signal: following.signal },
    ...{ onOutput: (all: string) => void (there.stdout = all), onNotes: (all: string) => void (there.stderr = all) },
  })
  onTestFinished(async () => {
    following.abort()
    await followed
  })
  // what was not read is not passed over in silence
  expect(await command([...tail, '--no-follow'], { brokers: addresses })).toMatchObject({
    exitCode: 3,
    stdout: 'old 1\n',
    stderr: expect.stringContaining('Not all was read. foreign/0: no broker that leads it answers') as unknown,
  })
  await eventually(() => expect(there).toMatchObject({ stdout: 'old 1\n', stderr: expect.stringContaining('foreign/0: no broker that leads it answers; read when one does') as unknown })) // prettier-ignore
  await eventually(() => expect(there.stderr).toContain('foreign/0 is not read yet: Partition 0 of foreign has no leader: broker 1 must be up')) // prettier-ignore
  await infra.up(() => undefined)
  await writeAll(addresses, 'foreign', [{ partition: 0, value: 'new 0' }])
  await eventually(() => expect(there.stdout).toBe('old 1\nold 0\nnew 0\n'), { timeoutMs: 60_000 })
})
