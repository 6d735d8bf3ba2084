import { z } from 'zod'

/** What payflow reads of ksqlDB's answers; anything else in them is left alone. */

const sourceType = z.enum(['STREAM', 'TABLE'])
const source = z.object({ type: sourceType, name: z.string(), topic: z.string() })

const commandStatus = z.object({ status: z.string(), message: z.string(), queryId: z.string().nullish() })
export type CommandStatus = z.infer<typeof commandStatus>

const queryDescription = z.object({
  id: z.string(),
  statementText: z.string(),
  sources: z.array(z.string()),
  sinks: z.array(z.string()),
  queryType: z.string(),
  state: z.string().nullish(),
  /** By `host:port` of the server that runs it: RUNNING, PAUSED, ERROR, UNRESPONSIVE. */
  ksqlHostQueryStatus: z.record(z.string(), z.string()).nullish(),
  overriddenProperties: z.record(z.string(), z.unknown()),
  consumerGroupId: z.string().nullish(),
  queryErrors: z.array(z.unknown()).nullish(),
})

interface FieldSchema {
  readonly type: string
  readonly fields?: readonly { name: string; schema: FieldSchema }[] | null | undefined
  readonly memberSchema?: FieldSchema | null | undefined
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined
}
const fieldSchema: z.ZodType<FieldSchema> = z.lazy(() =>
  z.object({
    type: z.string(),
    fields: z.array(z.object({ name: z.string(), schema: fieldSchema })).nullish(),
    memberSchema: fieldSchema.nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
)
export type { FieldSchema }

const runningQuery = z.object({
  id: z.string(),
  sinks: z.array(z.string()),
  state: z.string().nullish(),
  statusCount: z.record(z.string(), z.number()).nullish(),
})
const partitionOffsets = z.object({
  partition: z.number(),
  logStartOffset: z.number(),
  logEndOffset: z.number(),
  consumerOffset: z.number().nullish(),
})

const sourceDescription = z.object({
  name: z.string(),
  type: sourceType,
  topic: z.string(),
  keyFormat: z.string(),
  valueFormat: z.string(),
  statement: z.string(),
  partitions: z.number(),
  replication: z.number(),
  fields: z.array(z.object({ name: z.string(), schema: fieldSchema, type: z.string().nullish() })),
  readQueries: z.array(runningQuery),
  writeQueries: z.array(runningQuery),
  queryOffsetSummaries: z
    .array(
      z.object({
        groupId: z.string(),
        topicSummaries: z.array(z.object({ kafkaTopic: z.string(), offsets: z.array(partitionOffsets) })),
      }),
    )
    .nullish(),
})
export type SourceDescription = z.infer<typeof sourceDescription>

/** The kinds of answers to statements, by their `@type`. */
export const entities = {
  streams: z.object({ streams: z.array(source) }),
  tables: z.object({ tables: z.array(source) }),
  kafka_topics: z.object({ topics: z.array(z.object({ name: z.string(), replicaInfo: z.array(z.number()) })) }),
  query_descriptions: z.object({ queryDescriptions: z.array(queryDescription) }),
  sourceDescription: z.object({ sourceDescription }),
  currentStatus: z.object({ commandId: z.string(), commandStatus, statementText: z.string() }),
} as const
export type EntityName = keyof typeof entities
export type Entity<Name extends EntityName> = z.infer<(typeof entities)[Name]>

export const tagged = z.array(z.looseObject({ '@type': z.string() }))
export const statusReply = commandStatus
export const infoReply = z.object({
  KsqlServerInfo: z.object({
    version: z.string(),
    kafkaClusterId: z.string(),
    ksqlServiceId: z.string(),
    serverStatus: z.string().nullish(),
  }),
})
export type ServerInfo = z.infer<typeof infoReply>['KsqlServerInfo']

/** The first line of a query's answer. */
export const queryHeader = z.object({
  queryId: z.string().nullish(),
  columnNames: z.array(z.string()),
  columnTypes: z.array(z.string()),
})
export type QueryHeader = z.infer<typeof queryHeader>
