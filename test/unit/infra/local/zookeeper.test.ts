import { expect, test } from 'vitest'
import { registeredIn } from '../../../../src/infra/local/zookeeper.ts'

test('the registered brokers are read out of the dump of sessions', () => {
  const dump = [
    'SessionTracker dump:',
    'Session Sets (2)/(1):',
    'ephemeral nodes dump:',
    'Sessions with Ephemerals (2):',
    '0x100000272ef0000:',
    '\t/controller',
    '\t/brokers/ids/0',
    '0x100000272ef0001:',
    '\t/brokers/ids/12',
    'Connections dump:',
  ].join('\n')
  expect(registeredIn(dump)).toEqual([0, 12])
})

test('a dump without sessions has no brokers', () => {
  expect(registeredIn('SessionTracker dump:\nephemeral nodes dump:\nSessions with Ephemerals (0):\n')).toEqual([])
})

test.each(['', 'This ZooKeeper instance is not currently serving requests\n'])(
  '%j tells of no broker, nor of none',
  (answer) => {
    expect(registeredIn(answer)).toBeUndefined()
  },
)
