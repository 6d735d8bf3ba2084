import { describe, expect, test } from 'vitest'
import { parseTemplate, templateView } from '../../../../src/cli/views/record-template.ts'
import { lineView, jsonView } from '../../../../src/cli/views/record-view.ts'
import { decodeRecordSet } from '../../../../src/kafka/wire/batch-record-set.ts'
import { rawBatch, type RawRecord } from '../../../support/raw-batches.ts'

const at = { topic: 'orders', partition: 2 }
const timestamp = BigInt(Date.UTC(2026, 6, 1, 10))

async function cursorOf(record: Partial<RawRecord>) {
  const bytes = await rawBatch([{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp, ...record }])
  const cursor = (await decodeRecordSet({ bytes, at, fetchOffset: 0, transactions: undefined })).cursor()
  cursor.next()
  return cursor
}

const same = (text: string): string => text
const hostile = Buffer.from('\u001b[2J\u0007\r\n\u202e\u009b31m')

describe('a template', () => {
  const filled = async (template: string, record: Partial<RawRecord> = {}, terminal = false): Promise<string> =>
    templateView(parseTemplate(template), { terminal })(at, await cursorOf(record)).toString()

  test.each([
    ['%t %p %o %k %v', 'orders 2 0 k v\n'],
    ['%d|%D', '2026-07-01T10:00:00.000Z|1782900000000\n'],
    ['%K %V', '1 1\n'],
    ['100%% %k\\t%v\\\\', '100% k\tv\\\n'],
    ['%v\\n', 'v\n'],
    ['%v\\0', 'v\0'],
    ['', '\n'],
  ])('%s', async (template, line) => expect(await filled(template)).toBe(line))

  test('shows what is not there as null, and how many bytes there are', async () => {
    expect(await filled('%k %v %K %V', { key: null, value: null })).toBe('null null -1 -1\n')
    expect(await filled('[%k] [%v] %K %V', { key: Buffer.alloc(0), value: Buffer.alloc(0) })).toBe('[] [] 0 0\n')
    const headers = [{ key: Buffer.from('a'), value: Buffer.from('1') }, { key: Buffer.from('a'), value: null }] // prettier-ignore
    expect(await filled('%h', { headers })).toBe('a=1,a=null\n')
  })

  test('hands bytes on as they are, but nothing to a terminal that it would obey', async () => {
    const value = Buffer.from([0xff, 0x00, 0x0a])
    const piped = templateView(parseTemplate('%v'), { terminal: false })(at, await cursorOf({ value }))
    expect(piped).toEqual(Buffer.from([0xff, 0x00, 0x0a, 0x0a]))
    expect(await filled('%v', { value: hostile })).toBe(`${hostile.toString()}\n`)
    expect(await filled('%k %v', { key: hostile, value: hostile }, true)).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
    )
  })

  test.each(['%x', '%', '\\x', '\\'])('"%s" in it is refused', (template) => {
    expect(() => parseTemplate(template)).toThrow('means nothing')
  })
})

describe('a line', () => {
  const line = async (record: Partial<RawRecord>) => lineView({ dim: same, cyan: same })(at, await cursorOf(record))

  test('says where and when, key, value and headers', async () => {
    const headers = [{ key: Buffer.from('payflow.worker'), value: Buffer.from('large-orders') }]
    expect(await line({ headers })).toBe('2026-07-01T10:00:00.000Z  orders/2@0  k  v  [payflow.worker=large-orders]\n')
    expect(await line({ key: null, value: null })).toContain('  -  (null)\n')
    expect(await line({ value: Buffer.alloc(0) })).toContain('(no bytes)')
    expect(await line({ value: Buffer.from([0xff]) })).toContain('hex ff')
    expect(await line({ timestamp: -1n })).toMatch(/^- {2}orders/)
  })

  test('is one line without anything that a terminal would obey, whatever the record holds', async () => {
    const shown = String(await line({ key: hostile, value: hostile, headers: [{ key: hostile, value: hostile }] }))
    expect(shown.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  test('as JSON it hides nothing from a terminal and says the same', async () => {
    const cursor = await cursorOf({ value: hostile })
    const shown = String(jsonView({ terminal: true })(at, cursor))
    expect(shown.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(JSON.parse(shown)).toEqual(JSON.parse(String(jsonView({ terminal: false })(at, cursor))))
  })
})
