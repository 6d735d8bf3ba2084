import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { listeningInodes, listensOn, portOwner } from '../../../src/infra/port-owner.ts'
import { becomesFree, claimPort, freePort, isPortFree } from '../../../src/infra/ports.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4001 1 0000 100 0 0 10 0
   1: 0100007F:2384 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4002 1 0000 20 4 30 10 -1
   2: 00000000:0885 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4003 1 0000 100 0 0 10 0`

test('only sockets that listen on the port are found in the kernel table', () => {
  expect(listeningInodes(TABLE, 9092)).toEqual(['4001'])
  expect(listeningInodes(TABLE, 2181)).toEqual(['4003'])
  expect(listeningInodes(TABLE, 80)).toEqual([])
  expect(listeningInodes('', 80)).toEqual([])
})

test('a port that somebody listens on is not free, and its owner is found', async () => {
  const server = createServer().listen(0)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  expect(await isPortFree(port)).toBe(false)
  expect(portOwner(port)).toContain(`(pid ${process.pid})`)
  await expect(claimPort(port, 'PAYFLOW_KAFKA_PORT')).rejects.toMatchObject({ code: 'PORT_IN_USE', kind: 'infra' })
})

test('a port that is given up in a moment is waited for, one that is not is not free', async () => {
  const server = createServer().listen(0)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  expect(await becomesFree(port, 100)).toBe(false)
  const free = becomesFree(port)
  server.close()
  expect(await free).toBe(true)
})

test('0 means a free port, which lies below those of outgoing connections', async () => {
  const port = await claimPort(0, 'PAYFLOW_KAFKA_PORT')
  expect(await isPortFree(port)).toBe(true)
  expect(port).toBeLessThan(32_768)
  expect(await freePort([port])).not.toBe(port)
})

test('a process is told apart from the one that was faster to take its port', async () => {
  const server = createServer().listen(0)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  expect(listensOn(process.pid, port)).toBe(true)
  const loser = spawn('sleep', ['60'], { detached: true })
  onTestFinished(() => void loser.kill())
  expect(listensOn(loser.pid!, port)).toBe(false)
})

test('a server that a script of ours started is ours', async () => {
  const code = "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})"
  const script = spawn('sh', ['-c', `"$0" -e "${code}"; true`, process.execPath], { detached: true })
  onTestFinished(() => void process.kill(-script.pid!, 'SIGKILL'))
  const [line] = (await once(script.stdout, 'data')) as [Buffer]
  expect(listensOn(script.pid!, Number(line.toString()))).toBe(true)
})
