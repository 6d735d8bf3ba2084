import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import { userSource } from '../../src/pipeline/sources/users.ts'
import type { RawRecord } from './raw-batches.ts'
import { type Compression, compressions } from '../../src/kafka/compression.ts'

export type InputName = 'orders' | 'payments' | 'users'

/** Marsaglia's xorshift32: the same records for the same seed. */
export function dice(seed: number): (sides: number) => number {
  let state = seed | 1
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}
type Dice = (sides: number) => number

const clock = { seed: 9, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }
const sources = {
  orders: orderSource(clock),
  payments: paymentSource({ ...clock, failureRate: 0.4 }),
  users: userSource(clock),
}
const inputs = Object.keys(sources) as InputName[]
const pick = <Item>(roll: Dice, list: readonly Item[]): Item => list[roll(list.length)]!
const noise = (roll: Dice, length: number): Buffer => Buffer.from(Array.from({ length }, () => roll(256)))
const object = (json: string): Record<string, unknown> => JSON.parse(json) as Record<string, unknown>

const oddValues = [
  null, 0, -0, -1, 1.005, 0.1, 1e21, 1e308, 9_007_199_254_740_993, true, '', ' ', '\u0000', '\ud800', '\ufeff', '😀', 'NaN', '1',
  '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z', '2026-01-01 00:00:00', '2026-01-01T00:00:00+23:59',
  [], {}, [[[]]], { constructor: 1 }, '00000000-0000-0000-0000-000000000000', 'x'.repeat(5_000),
] as const // prettier-ignore

/** Ways to spoil the text of an event, or to write it in another way that is right. */
const spoilt: ((json: string, roll: Dice) => string | Buffer | null)[] = [
  () => null,
  () => '',
  () => ' \n\t ',
  (json, roll) => json.slice(0, roll(json.length)),
  (json) => `\ufeff${json}`,
  (json) => `${json}\u0000`,
  (json) => `  ${json.replaceAll(',', ' ,\n ')}  `,
  (json) => json.replace('{', '{"__proto__":{"user_id":7},'),
  (json) => json.replace('{', '{"user_id":1,"timestamp":"x","constructor":null,'),
  (json) => json.replace('}', ',"user_id":2}'),
  (json, roll) => '['.repeat(1 + roll(20_000)) + json,
  (json, roll) => json.replace('}', `,"deep":${'{"a":'.repeat(500 + roll(2_000))}1`),
  (json, roll) => Buffer.concat([Buffer.from(json.slice(0, 20)), noise(roll, 3), Buffer.from(json.slice(20))]),
  (json, roll) => json.replace(/\d/, () => String(roll(10))),
  (json) => json.replaceAll(/\d+/g, (digits) => `${digits}e0`),
  (json) => json.replaceAll(/[a-f]/g, (letter) => letter.toUpperCase()),
  (_, roll) => noise(roll, roll(300)),
  (_, roll) => JSON.stringify(pick(roll, oddValues)),
  (json, roll) => JSON.stringify({ ...object(json), extra: 'é€😀\u2028'.repeat(roll(200)) }),
  ...Array.from({ length: 12 }, () => (json: string, roll: Dice) => {
    const event = object(json)
    const [name, other] = [pick(roll, Object.keys(event)), pick(roll, Object.keys(event))]
    const gone = roll(6) === 0 ? { [other]: undefined } : {}
    return JSON.stringify({ ...event, ...gone, [name]: pick(roll, oddValues) })
  }),
]
export const kinds = spoilt.length + 1

const keys: ((roll: Dice) => Buffer | null)[] = [
  () => null,
  (roll) => Buffer.from(String(1 + roll(1_000))),
  () => Buffer.alloc(0),
  (roll) => noise(roll, 1 + roll(40)),
  (roll) => (roll(50) === 0 ? noise(roll, 5_000) : Buffer.from('\u0000progress')),
]
const timestamps: ((roll: Dice) => bigint)[] = [
  (roll) => BigInt(clock.startMs + roll(1_000_000)),
  () => -1n,
  (roll) => BigInt(clock.startMs + roll(1_000)) * 1_000n,
  (roll) => BigInt(clock.startMs + roll(1_000)) * 1_000_000n,
  () => 0n,
  () => 2n ** 63n - 1n,
]

function headersOf(roll: Dice): RawRecord['headers'] {
  if (roll(3) > 0) return []
  const count = roll(200) === 0 ? 400 : 1 + roll(3)
  const names = ['payflow.topic', 'payflow.partition', 'payflow.offset', 'payflow.timestamp', 'payflow.key', 'payflow.replays', 'payflow.cut', 'payflow.worker', '', '__proto__', 'traceparent'] // prettier-ignore
  return Array.from({ length: count }, () => ({
    key: roll(4) === 0 ? noise(roll, roll(12)) : Buffer.from(pick(roll, names)),
    value: roll(4) === 0 ? null : roll(2) === 0 ? noise(roll, roll(30)) : Buffer.from(pick(roll, ['0', '-1', '1e9', 'orders', '']))  })) // prettier-ignore
}

/** Every third record is as a producer of payflow's would write it; the others are not, in one way or several. */
export function fuzzedRecord(input: InputName, i: number, roll: Dice): RawRecord {
  const json = sources[input].json(i)
  if (roll(3) === 0) return { key: Buffer.from(sources[input].key(i)), value: Buffer.from(json), timestamp: BigInt(clock.startMs + i) } // prettier-ignore
  const text = roll(40) === 0 ? sources[pick(roll, inputs)].json(i) : json
  const value = roll(3) === 0 ? text : pick(roll, spoilt)(text, roll)
  return {
    key: pick(roll, keys)(roll),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: headersOf(roll),
    timestamp: pick(roll, timestamps)(roll),
  }
}

export const fuzzedCompression = (roll: Dice): Compression => pick(roll, compressions)
