import { groupOf } from '../../pipeline/events/topics.ts'
import type { WorkerView } from '../monitor/model.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

export const count = (value: number): string => Math.round(value).toLocaleString('en')
export const records = (value: number): string => `${count(value)} ${Math.round(value) === 1 ? 'record' : 'records'}`
export const percent = (share: number): string => `${Math.round(share * 100)} %`
export const at = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
export const timeText = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

/** The command that starts it. Of a custom worker only who wrote it knows where its definition is: a look at its group instead. */
export const startOf = ({ worker, custom }: Pick<WorkerView, 'worker' | 'custom'>, more = ''): string =>
  custom ? `payflow groups describe ${groupOf(worker)}` : `payflow worker ${worker}${more}`
