import { expect, test } from 'vitest'
import { command } from '../../../support/command.ts'

test('config show says where each value came from, and shows no secret', async () => {
  const env = { PAYFLOW_KSQL_PASSWORD: 'hunter2', PAYFLOW_LINGER: '1.5s' }
  const { exitCode, stdout } = await command(['config', 'show', '--brokers', 'a:1,b:2', '--json'], { env })
  expect(exitCode).toBe(0)
  expect(stdout).not.toContain('hunter2')
  expect(JSON.parse(stdout)).toEqual(
    expect.arrayContaining([
      { setting: 'brokers', value: 'a:1,b:2', origin: '--brokers' },
      { setting: 'linger', value: '1500ms', origin: 'PAYFLOW_LINGER' },
      { setting: 'ksqlPassword', value: '***', origin: 'PAYFLOW_KSQL_PASSWORD' },
      { setting: 'ksqlUser', value: null, origin: 'default' },
      { setting: 'nodes', value: '1', origin: 'default' },
    ]),
  )
})
