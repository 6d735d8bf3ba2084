import { MessageList } from './message-list.ts'
import { RecordBuffer, type Records } from './record-buffer.ts'
import type { WireMode } from './wire-mode.ts'

/** What a producer collects a partition's records in, as `produceRequest` is to encode them. */
export function createRecordBuffer(mode: WireMode = 'payflow'): Records {
  return mode === 'kafkajs' ? new MessageList() : new RecordBuffer()
}
