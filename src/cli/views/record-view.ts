import { isUtf8 } from 'node:buffer'
import { bytesInJson, timeInJson, type JsonRecord } from '../../app/record-json.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { RecordCursor, RecordHeader } from '../../kafka/records.ts'
import { visible, visibleJson } from '../../visible-text.ts'
import type { Palette } from '../shell/output.ts'
import { timeText } from './dead-letter-view.ts'

/** A record as it is written: with the end of its line. */
export type RecordView = (at: TopicPartition, cursor: RecordCursor) => string | Buffer

const text = (bytes: Buffer | null, none: string, empty: string): string => {
  if (bytes === null) return none
  if (bytes.length === 0) return empty
  return isUtf8(bytes) ? bytes.toString() : `hex ${bytes.toString('hex')}`
}

const headerText = ({ key, value }: RecordHeader): string => `${key}=${text(value, 'null', '')}`

/** One line a record, with nothing in it that a terminal would obey. */
export const lineView =
  ({ dim, cyan }: Pick<Palette, 'dim' | 'cyan'>): RecordView =>
  ({ topic, partition }, cursor) => {
    const key = visible(text(cursor.key(), '-', '(no bytes)'))
    const value = visible(text(cursor.value(), '(null)', '(no bytes)'))
    const headers = cursor.headers()
    const shown = headers.length === 0 ? '' : `  ${dim(visible(`[${headers.map(headerText).join(', ')}]`))}`
    return `${dim(`${timeText(cursor.timestamp)}  ${topic}/${partition}@${cursor.offset}`)}  ${cyan(key)}  ${value}${shown}\n`
  }

/** One object a line, from which `produce --from-file` makes the same record. `terminal`: with nothing in it that one would obey. */
export const jsonView =
  ({ terminal }: { terminal: boolean }): RecordView =>
  ({ topic, partition }, cursor) => {
    const record: JsonRecord = {
      topic,
      partition,
      offset: cursor.offset,
      timestamp: timeInJson(cursor.timestamp),
      key: bytesInJson(cursor.key()),
      value: bytesInJson(cursor.value()),
      headers: cursor.headers().map(({ key, value }) => ({ key, value: bytesInJson(value) })),
    }
    const json = JSON.stringify(record)
    return `${terminal ? visibleJson(json) : json}\n`
  }
