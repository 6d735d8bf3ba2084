import { expect, test } from 'vitest'
import { anonymous, anonymousRecord } from '../../../../../src/cli/views/top/anonymize.ts'
import { shown } from '../../../../support/looks.ts'

test('nothing says where it runs', () => {
  const brokers = [{ id: 1, address: 'kafka-1.corp.example:9092', controller: true, leads: 3 }]
  const marks = [{ kind: 'broker', atMs: 1, text: 'broker 1 (kafka-1.corp.example:9092) is away' } as const]
  const hidden = anonymous(shown({ brokers, marks }, { ageMs: 90_000, trouble: 'connect ECONNREFUSED 10.0.0.7:9092, [::1]:9092' })) // prettier-ignore
  expect(JSON.stringify(hidden)).not.toMatch(/corp|10\.0|::1|9092/)
  expect(hidden.trouble).toBe('connect ECONNREFUSED •••, •••')
  expect(hidden.verdict.text).toContain('have not answered for 90 s')
})

test('nothing of a record says whose it is', () => {
  const record = { topic: 'users', partition: 0, offset: 1, atMs: 1, key: '7' }
  const value = JSON.stringify({ user_id: 7, name: 'Ada', event_type: 'login', user: { name: 'Ada' }, price: 12.5 })
  expect(anonymousRecord({ ...record, value })).toEqual({
    ...record,
    key: '•••',
    value: '{"user_id":"•••","name":"•••","event_type":"login","user":"•••","price":12.5}',
  })
  expect(anonymousRecord({ ...record, value: 'Ada was here' }).value).toBe('•••')
  expect(anonymousRecord({ ...record, key: null, value: null })).toMatchObject({ key: null, value: null })
})
