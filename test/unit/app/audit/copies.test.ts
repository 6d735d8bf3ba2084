import { expect, test } from 'vitest'
import { Copies } from '../../../../src/app/audit/copies.ts'

const bytes = (value: string) => ({ key: Buffer.from('7'), value: Buffer.from(value) })
const place = (offset: number) => ({ topic: 'payments', partition: 1, offset })
const at = (offset: number) => ({ topic: 'dead_letters', partition: 0, offset })
const never = (): boolean => false

test('each record that must be handed on is there once, unchanged', () => {
  const copies = new Copies('dead_letters', 'a dead letter')
  copies.expect(place(1), bytes('x'), true)
  copies.find(at(0), place(1), bytes('x'))
  expect(copies.findings(never)).toEqual({ missing: 0, unexpected: 0, differences: [] })
})

test('one that is missing is named with its input', () => {
  const copies = new Copies('dead_letters', 'a dead letter')
  copies.expect(place(1), bytes('x'), true)
  copies.expect(place(2), bytes('y'), false)
  const { missing, unexpected, differences } = copies.findings(never)
  expect([missing, unexpected]).toEqual([1, 0])
  expect(differences).toMatchObject([{ expected: 'a dead letter of payments/1 at offset 1: x', input: place(1) }])
})

test('one that is there twice, changed, or under another key is too much', () => {
  for (const other of [bytes('x'), bytes('z'), { key: null, value: Buffer.from('x') }]) {
    const copies = new Copies('dead_letters', 'a dead letter')
    copies.expect(place(1), bytes('x'), true)
    copies.find(at(0), place(1), bytes('x'))
    copies.find(at(1), place(1), other)
    const { missing, unexpected, differences } = copies.findings(never)
    expect([missing, unexpected]).toEqual([0, 1])
    expect(differences).toMatchObject([{ topic: 'dead_letters', partition: 0, offset: 1 }])
  }
})

test('what belongs to inputs that are not judged yet is not a difference', () => {
  const copies = new Copies('dead_letters', 'a dead letter')
  copies.find(at(0), place(9), bytes('x'))
  expect(copies.findings(({ offset }) => offset >= 9)).toEqual({ missing: 0, unexpected: 0, differences: [] })
})
