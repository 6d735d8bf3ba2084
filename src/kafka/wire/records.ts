import { MessageList } from './message-list.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { Records } from '../records.ts'
import type { RecordCodec } from '../codec.ts'

/** What a producer collects a partition's records in, as `produceRequest` is to encode them. */
export function createRecordBuffer(mode: RecordCodec = 'payflow'): Records {
  return mode === 'kafkajs' ? new MessageList() : new RecordBuffer()
}
