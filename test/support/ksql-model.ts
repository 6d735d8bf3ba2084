import type { ServerResponse } from 'node:http'
import { answerOf, httpServer, sendAnswer, type Answer } from './ksql-server.ts'
import { allRecordings, recordedCreates, recording, requestIn, statementsIn, type PlainRequest, type RecordedCreate } from './recordings.ts' // prettier-ignore

/** A stream or table that the server holds. */
interface Held {
  readonly type: 'STREAM' | 'TABLE'
  readonly topic: string
  readonly statement: string
  readonly reads: readonly string[]
}
interface RunningQuery {
  readonly sink: string
  readonly reads: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  /** `ksqlHostQueryStatus`; Kafka Streams' own `state` stays RUNNING when a query is paused (184). */
  readonly status: 'RUNNING' | 'PAUSED' | 'ERROR'
  readonly error?: string
}

/** Where the topics are a real cluster's. */
interface Topics {
  readonly list: () => Promise<ReadonlyMap<string, number>>
  /** @returns false when the controller says that it exists */
  readonly create: (topic: string, partitions: number) => Promise<boolean>
}

type Fault = (request: PlainRequest, response: ServerResponse) => boolean

const creates = recordedCreates()
const jsonHeaders = [['content-type', 'application/json']] as const
const entitiesOf = (name: string): Record<string, unknown>[] => JSON.parse(recording(name).response.body) as Record<string, unknown>[] // prettier-ignore
const answer = (value: unknown, status = 200): Answer => ({ status, headers: jsonHeaders, body: JSON.stringify(value) })

/** Every form of request that was recorded: method, path, headers, and the fields of the body. */
const formOf = ({ method, path, http, headers, body }: PlainRequest): string => {
  const fields = body !== null && typeof body === 'object' ? Object.entries(body).map(([name, value]) => `${name}: ${typeof value}`) : [] // prettier-ignore
  const place = path.replace(/^\/status\/.+/, '/status/…')
  return JSON.stringify([method, place, http, Object.entries(headers).sort(), fields.sort()])
}
const recordedForms = new Set(allRecordings().map((one) => formOf(requestIn(one))))
/** Statements that are sent word for word, and the forms of those that name something. */
const recordedStatements = new Set(allRecordings().flatMap((one) => statementOf(requestIn(one)) ?? []))
const named = [
  /^(TERMINATE|RESUME) [A-Z_0-9]+;$/,
  /^DROP (STREAM|TABLE) (IF EXISTS )?[a-z_]+;$/,
  /^DESCRIBE [a-z_]+( EXTENDED)?;$/,
]

function statementOf({ body }: PlainRequest): string | undefined {
  const { ksql, sql } = (body ?? {}) as { ksql?: string; sql?: string }
  return ksql ?? sql
}

function isRecorded(request: PlainRequest): boolean {
  if (!recordedForms.has(formOf(request))) return false
  const statement = statementOf(request)
  if (statement === undefined || request.path !== '/ksql') return true
  const isCreate = (sql: string): boolean => creates.some((create) => create.sql === sql)
  return (
    recordedStatements.has(statement) ||
    named.some((form) => form.test(statement)) ||
    statementsIn(statement).every(isCreate)
  )
}

/**
 * A ksqlDB that holds what the recorded statements create, and answers in the words of the recordings. A request in a form that was not
 * recorded is refused, and kept in `unexpected`.
 */
export class KsqlModel {
  readonly held = new Map<string, Held>()
  readonly queries = new Map<string, RunningQuery>()
  /** With how many partitions each has. */
  topics: Map<string, number>
  /** The statements that changed something, in the order of their execution. */
  readonly executed: string[] = []
  readonly unexpected: PlainRequest[] = []
  readonly faults: Fault[] = []
  cluster: Topics | undefined
  /** What was taken, but is not executed yet. Until then other commands are not taken (227); SHOW and DESCRIBE answer. */
  readonly inFlight: string[] = []
  clusterId = 'NM5iduaJQYGWjWW0hs1yPQ'
  url = ''
  requests: PlainRequest[] = []
  #nextQuery = 100

  private constructor() {
    this.topics = new Map(creates.flatMap(({ topic, queryId }) => (queryId === null && !topic.startsWith('ksql_') ? [[topic, 3] as const] : []))) // prettier-ignore
  }

  static async start(): Promise<KsqlModel> {
    const model = new KsqlModel()
    const { url, requests } = await httpServer((request, response) => void model.#handle(request, response))
    return Object.assign(model, { url, requests })
  }

  /** Lets the next request that `matches` end otherwise. */
  once(matches: RegExp, spoil: (response: ServerResponse) => void): void {
    const fault: Fault = (request, response) => {
      if (!matches.test(statementOf(request) ?? request.path)) return false
      this.faults.splice(this.faults.indexOf(fault), 1)
      spoil(response)
      return true
    }
    this.faults.push(fault)
  }

  always(matches: RegExp, spoil: (response: ServerResponse) => void): void {
    this.faults.push((request, response) => {
      if (!matches.test(statementOf(request) ?? request.path)) return false
      spoil(response)
      return true
    })
  }

  /** Lets the statement that creates `name` be executed, but its answer be another. */
  onCreate(name: string, spoil: (response: ServerResponse) => void): void {
    this.once(new RegExp(`^CREATE \\w+ ${name}\\b`, 'i'), (response) => {
      this.create(name)
      spoil(response)
    })
  }

  create(name: string): void {
    const create = creates.find((one) => one.name === name)!
    this.#create(create, create.properties)
  }

  /** All of `ksql/` is there. */
  fill(): void {
    for (const create of creates) this.#create(create, create.properties)
    this.executed.length = 0
  }

  /** The object and its query are gone. */
  forget(name: string, { keepTopic = false }: { keepTopic?: boolean } = {}): void {
    if (!keepTopic) this.topics.delete(this.held.get(name)!.topic)
    this.held.delete(name)
    this.endQueryOf(name)
  }

  endQueryOf(name: string): void {
    for (const [id, { sink }] of this.queries) if (sink === name) this.queries.delete(id)
  }

  /** Somebody created it by another statement. */
  change(name: string, edit: (statement: string) => string): void {
    const one = this.held.get(name)!
    this.held.set(name, { ...one, statement: edit(one.statement) })
  }

  setStatus(name: string, status: RunningQuery['status'], error?: string): void {
    for (const [id, query] of this.queries)
      if (query.sink === name) this.queries.set(id, { ...query, status, ...(error !== undefined && { error }) })
  }

  /** A CREATE … AS was taken: its topic is made at once (TopicCreateInjector), all else when the command is executed. */
  async take(name: string): Promise<void> {
    const create = creates.find((one) => one.name === name)!
    await this.cluster?.create(create.topic, this.#partitionsOf(create))
    this.topics.set(create.topic, this.#partitionsOf(create))
    this.inFlight.push(name)
  }

  executeAll(): void {
    for (const name of this.inFlight.splice(0)) this.create(name)
  }

  setProperties(name: string, properties: Readonly<Record<string, string>>): void {
    for (const [id, query] of this.queries) if (query.sink === name) this.queries.set(id, { ...query, properties })
  }

  async #handle(request: PlainRequest, response: ServerResponse): Promise<void> {
    if (this.cluster) this.topics = new Map(await this.cluster.list())
    if (this.faults.some((fault) => fault(request, response))) return
    if (!isRecorded(request)) {
      this.unexpected.push(request)
      sendAnswer(response, { status: 599, body: `no such request was recorded: ${JSON.stringify(request)}` })
    } else sendAnswer(response, await this.#answer(request))
  }

  async #answer({ path, body }: PlainRequest): Promise<Answer> {
    if (path === '/info') return { ...answerOf(recording('001-info')), headers: jsonHeaders, body: this.#info() }
    if (path.startsWith('/status/')) return answer({ status: 'SUCCESS', message: 'done', queryId: null })
    const { ksql, streamsProperties } = body as { ksql: string; streamsProperties: Record<string, string> }
    if (ksql === 'SHOW STREAMS; SHOW TABLES; LIST TOPICS;') return answer(this.#show())
    if (ksql === 'SHOW QUERIES EXTENDED;') return answer(this.#showQueries())
    const [, described] = /^DESCRIBE (\w+)( EXTENDED)?;$/.exec(ksql) ?? []
    if (described !== undefined) return this.#describe(described.toUpperCase())
    const changes = statementsIn(ksql).length === 1
    if (changes && this.inFlight.length > 0) return answerOf(recording('227-terminate-all'))
    const [, resumed] = /^RESUME (\w+);$/.exec(ksql) ?? []
    if (resumed !== undefined) return this.#resume(resumed)
    const [, absent] = /^DROP STREAM IF EXISTS (\w+);$/.exec(ksql) ?? []
    if (absent !== undefined) return answerOf(recording('022-drop-stream-if-exists'))
    const [, ended] = /^TERMINATE (\w+);$/.exec(ksql) ?? []
    if (ended !== undefined) return this.#terminate(ended)
    const [, type, dropped] = /^DROP (\w+) (\w+);$/.exec(ksql) ?? []
    if (dropped !== undefined) return this.#drop(type!, dropped.toUpperCase())
    return this.#createAll(statementsIn(ksql), streamsProperties)
  }

  #info(): string {
    return recording('001-info').response.body.replace('NM5iduaJQYGWjWW0hs1yPQ', this.clusterId)
  }

  #show(): unknown[] {
    const [streams, tables, topics] = entitiesOf('231-show')
    const listed = (type: string) =>
      [...this.held].filter(([, one]) => one.type === type).map(([name, { topic }]) => ({ type, name, topic, keyFormat: 'KAFKA', valueFormat: 'JSON', isWindowed: false })) // prettier-ignore
    return [
      { ...streams, streams: listed('STREAM').reverse() },
      { ...tables, tables: listed('TABLE') },
      {
        ...topics,
        topics: [...this.topics].map(([name, partitions]) => ({ name, replicaInfo: Array(partitions).fill(1) })),
      },
    ]
  }

  #showQueries(): unknown[] {
    const [all] = entitiesOf('084-show-queries-extended') as [{ queryDescriptions: object[] }]
    const queryDescriptions = [...this.queries].map(([id, { sink, reads, properties, status, error }]) => ({
      ...all.queryDescriptions[0],
      ...{ id, sources: reads, sinks: [sink], overriddenProperties: properties },
      consumerGroupId: `_confluent-ksql-probe_query_${id}`,
      ksqlHostQueryStatus: { '127.0.0.1:28088': status },
      state: status === 'ERROR' ? 'ERROR' : 'RUNNING',
      queryErrors: error === undefined ? [] : [{ timestamp: 0, errorMessage: error, type: 'SYSTEM' }],
    }))
    return [{ ...all, queryDescriptions }]
  }

  #describe(name: string): Answer {
    const one = this.held.get(name)
    if (!one) return refusal(`Could not find STREAM/TABLE '${name}' in the Metastore`, `DESCRIBE ${name};`)
    const [entity] = entitiesOf('374-describe-join-extended') as [{ sourceDescription: object }]
    const { type, topic, statement } = one
    const [id = ''] = [...this.queries].find(([, { sink }]) => sink === name) ?? []
    const text = JSON.stringify({ ...entity.sourceDescription, name, type, topic, statement })
    const own = text.replaceAll(
      '_confluent-ksql-check_query_CSAS_KSQL_ORDER_STATUS_207',
      `_confluent-ksql-probe_query_${id}`,
    )
    return answer([{ ...entity, sourceDescription: JSON.parse(own) as object }])
  }

  #terminate(id: string): Answer {
    if (!this.queries.delete(id)) return refusal(`Unknown queryId: ${id}`, `TERMINATE ${id};`)
    return this.#executed(`TERMINATE ${id};`, `terminate/${id}/execute`)
  }

  #resume(id: string): Answer {
    const query = this.queries.get(id)
    if (!query) return refusal(`Unknown queryId: ${id}`, `RESUME ${id};`)
    this.queries.set(id, { ...query, status: 'RUNNING' })
    this.executed.push(`RESUME ${id}`)
    return answerOf(recording('185-resume'))
  }

  #drop(type: string, name: string): Answer {
    const statement = `DROP ${type} ${name};`
    if (!this.held.has(name)) return refusal(`${type === 'TABLE' ? 'Table' : 'Stream'} ${name} does not exist.`, statement) // prettier-ignore
    const readers = [...this.held].filter(([, { reads }]) => reads.includes(name)).map(([reader]) => reader)
    if (readers.length > 0)
      return refusal(`Cannot drop ${name}.\nThe following streams and/or tables read from this source: [${readers.join()}].\nYou need to drop them before dropping ${name}.`, statement) // prettier-ignore
    this.held.delete(name)
    return this.#executed(statement, `${type.toLowerCase()}/${name}/drop`)
  }

  /** A request is validated as a whole before any of it is executed. */
  async #createAll(statements: readonly string[], properties: Record<string, string>): Promise<Answer> {
    const wanted = statements.map((sql) => creates.find((create) => create.sql === sql)!)
    const names = new Set(this.held.keys())
    for (const create of wanted) {
      const { name, type, spelled } = create
      const [has, needs] = [this.topics.get(create.topic), this.#partitionsOf(create)]
      if (create.queryId !== null && has !== undefined && has !== needs) return topicDiffers(create, has, needs)
      if (names.has(name)) return alreadyExists(name, type, spelled)
      names.add(name)
    }
    for (const create of wanted) {
      const partitions = this.#partitionsOf(create)
      if (!this.cluster || this.topics.has(create.topic)) continue
      if (!(await this.cluster.create(create.topic, partitions))) return notDescribed(create.topic)
    }
    const [entity] = entitiesOf('345-verified-20-large-orders') as [{ commandStatus: object }]
    return answer(
      wanted.map((create) => {
        const queryId = this.#create(create, properties)
        const { commandId, spelled } = create
        return { ...entity, statementText: spelled, commandId, commandStatus: { ...entity.commandStatus, queryId } }
      }),
    )
  }

  /** A sink gets as many as the topic of what its query reads first. */
  #partitionsOf(create: RecordedCreate): number {
    const input = creates.find(({ name }) => name === readsOf(create)[0])
    return (input && this.topics.get(input.topic)) ?? 3
  }

  #create(create: RecordedCreate, properties: Readonly<Record<string, string>>): string | null {
    const { name, type, topic, spelled, queryId } = create
    const reads = readsOf(create)
    this.held.set(name, { type, topic, statement: spelled, reads })
    if (!this.topics.has(topic)) this.topics.set(topic, this.#partitionsOf(create))
    this.executed.push(`CREATE ${name}`)
    if (queryId === null) return null
    const id = queryId.replace(/\d+$/, String(this.#nextQuery++))
    this.queries.set(id, { sink: name, reads, properties, status: 'RUNNING' })
    return id
  }

  #executed(statementText: string, commandId: string): Answer {
    this.executed.push(statementText.replace(/;$/, ''))
    const [entity] = entitiesOf('395-drop-keep-topic')
    return answer([{ ...entity, statementText, commandId }])
  }
}

function readsOf({ spelled }: RecordedCreate): string[] {
  const [, from = ''] = /(\nFROM [\s\S]*)/.exec(spelled) ?? []
  return [...from.matchAll(/\b(?:FROM|JOIN) (\S+)/g)].map(([, source]) => source!)
}

/** A topic that metadata do not show, and the controller has: KafkaTopicClientImpl of ksqlDB 7.9.1 asks for its description, and gives up. */
const notDescribed = (topic: string): Answer =>
  answer({ '@type': 'generic_error', error_code: 40000, message: `Failed to Describe Kafka Topic(s): [${topic}]` }, 400)

/** In the words of 024. */
function topicDiffers({ topic, spelled }: RecordedCreate, has: number, needs: number): Answer {
  const message = `A Kafka topic with the name '${topic}' already exists, with different partition/replica/retention configuration than required. KSQL expects ${needs} partitions (topic has ${has}), 1 replication factor (topic has 1), and -1 retention (topic has -1).`
  return answer({ '@type': 'statement_error', error_code: 50000, message, statementText: spelled, entities: [] }, 500)
}

const refusal = (message: string, statementText: string): Answer =>
  answer({ '@type': 'statement_error', error_code: 40001, message, statementText, entities: [] }, 400)

function alreadyExists(name: string, type: string, statementText: string): Answer {
  const kind = type.toLowerCase()
  return refusal(`Cannot add ${kind} '${name}': A ${kind} with the same name already exists`, statementText)
}
