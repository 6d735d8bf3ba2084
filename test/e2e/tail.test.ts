import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { bin, launch } from '../support/cli.ts'
import { client } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'

const env = (): NodeJS.ProcessEnv => ({ ...process.env, PAYFLOW_BROKERS: brokers().join(',') })

async function topicOf(count: number): Promise<string> {
  const topic = `e2e-tail-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions: 3, replicationFactor: 1 }])
  await writeAll(brokers(), topic, Array.from({ length: count }, (_, i) => ({ key: String(i), value: `${i} ${'x'.repeat(500)}` }))) // prettier-ignore
  return topic
}

test('a tail that follows ends with 0 at Ctrl-C', async () => {
  const { child, ended, says } = launch(env(), 'tail', await topicOf(3))
  await says('2 xxx')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining('Stopping') as string })
})

test('a reader that goes away ends it, quietly and with 0', async () => {
  const child = spawn(process.execPath, [bin, 'tail', await topicOf(20_000), '--from', 'start'], { env: env() })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await once(child.stdout, 'readable')
  child.stdout.destroy()
  const [code] = (await once(child, 'exit')) as [number]
  expect([code, stderr]).toEqual([0, ''])
})

test('a reader that takes its time gets everything', async () => {
  const child = spawn(process.execPath, [bin, 'tail', await topicOf(20_000), '--from', 'start', '--to', 'end', '--format', '%k'], { env: env() }) // prettier-ignore
  onTestFinished(() => void child.kill('SIGKILL'))
  const keys = new Set<string>()
  let text = ''
  for await (const chunk of child.stdout) {
    text += String(chunk)
    const lines = text.split('\n')
    text = lines.pop()!
    for (const line of lines) keys.add(line)
  }
  expect(keys.size).toBe(20_000)
})
