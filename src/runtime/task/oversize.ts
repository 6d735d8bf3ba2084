import { PayflowError } from '../../errors.ts'
import type { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Header } from '../../kafka/records.ts'

/** A record that is handed on as it came. */
export interface Copy {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | string | null
  readonly value: Buffer | null
  /** The record's own headers, and payflow's. */
  readonly headers: readonly Header[]
}

/** Says what is missing of a dead letter: `value=1000/5000, headers=0/3, key=40/2000`, each kept and had, in bytes or in headers. */
const CUT_HEADER = 'payflow.cut'

/** Writes a copy, in a compressed batch where it would not fit otherwise: it may have come in one. False when that is too large, too. */
export function appendCopy(buffers: OutputBuffers, { topic, partition, key, value, headers }: Copy): boolean {
  if (buffers.fits(topic, key, value, headers)) {
    buffers.append(topic, partition, key, value, headers)
    return true
  }
  if (!buffers.fitsPacked(topic, key, value, headers)) return false
  buffers.appendPacked(topic, partition, key, value, headers)
  return true
}

/** Writes a copy, or what fits of it and a header that says so. `own` of its headers are payflow's: they are kept. */
export function appendCut(buffers: OutputBuffers, copy: Copy, own: readonly Header[]): void {
  if (appendCopy(buffers, copy)) return
  const { topic, partition, headers } = copy
  const key = typeof copy.key === 'string' ? Buffer.from(copy.key) : copy.key
  const others = headers.length - own.length
  const longestNote = `value=${2 ** 31}/${2 ** 31}, headers=0/${others}, key=${2 ** 31}/${2 ** 31}`
  const room = buffers.roomBeside(topic, [...own, { key: CUT_HEADER, value: longestNote }])
  if (room < 0) throw noRoom(topic, buffers.limitOf(topic))
  const keptKey = key?.subarray(0, room >> 2) ?? null
  const keptValue = copy.value?.subarray(0, Math.max(room - (keptKey?.length ?? 0), 0)) ?? null
  const note = [`value=${keptValue?.length ?? 0}/${copy.value?.length ?? 0}`, `headers=0/${others}`, `key=${keptKey?.length ?? 0}/${key?.length ?? 0}`].join(', ') // prettier-ignore
  buffers.append(topic, partition, keptKey, keptValue, [...own, { key: CUT_HEADER, value: note }])
}

const noRoom = (topic: string, limit: number): PayflowError =>
  new PayflowError('LIMIT_TOO_SMALL', `${topic} takes ${limit} bytes of a record: not even why a record was refused fits into that`, {
    kind: 'failed',
    hint: `raise max.message.bytes of ${topic} with Kafka's kafka-configs, to 1048588 at least`,
  }) // prettier-ignore
