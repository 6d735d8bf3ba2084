import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KsqlClient, find } from '../../../src/ksql/client.ts'
import { readCatalog } from '../../../src/ksql/catalog.ts'
import { propertiesOf, spell } from '../../../src/ksql/examine.ts'
import { elementsOf, openQuery } from '../../../src/ksql/rows.ts'
import { parseSelect, propertiesOfSelect } from '../../../src/ksql/select.ts'
import { loadStatements } from '../../../src/ksql/statements.ts'
import { recording } from '../../support/recordings.ts'
import { answerOf, httpServer, replay, sendAnswer } from '../../support/ksql-server.ts'

/** A client of a server that plays these recordings, all of which it has to ask for. */
async function clientOf(...names: string[]): Promise<KsqlClient> {
  const server = await replay(names)
  onTestFinished(() => {
    expect(server.unexpected).toEqual([])
    expect(server.left()).toEqual([])
  })
  return new KsqlClient({ url: server.url })
}

async function rowsOf(client: KsqlClient, sql: string, properties = {}): Promise<string[]> {
  const query = await openQuery(client, sql, properties)
  const rows: string[] = []
  for await (const some of query.rows) rows.push(...some)
  return rows
}

const large = loadStatements().find(({ name }) => name === 'KSQL_LARGE_ORDERS')!

describe('requests equal recorded ones, and their answers are read', () => {
  it('server and cluster', async () => {
    const client = await clientOf('001-info')
    expect(await client.info()).toMatchObject({ version: '7.9.1', ksqlServiceId: 'probe_' })
  })

  it('a statement of ksql/ and its properties', async () => {
    const client = await clientOf('345-verified-20-large-orders')
    const status = find(await client.run(large.text, propertiesOf(large)), 'currentStatus')!
    expect(status).toMatchObject({
      commandId: 'stream/`KSQL_LARGE_ORDERS`/create',
      commandStatus: { status: 'SUCCESS', queryId: 'CSAS_KSQL_LARGE_ORDERS_189' },
    })
  })

  it('the same statement again: refused, and spelled out', async () => {
    const client = await clientOf('380-create-again-same', '381-describe-to-compare')
    const refusal = await client.run(large.text, propertiesOf(large)).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ alreadyExists: true, kind: 'failed', code: 'KSQL_REFUSED' })
    const described = await client.ask('DESCRIBE ksql_large_orders;', 'sourceDescription')
    expect(described.sourceDescription.statement).toBe((refusal as { statementText: string }).statementText)
  })

  it('a statement twice in one request creates nothing, and comes back in the spelling of the server', async () => {
    const client = await clientOf('386-validate-only')
    const text = "CREATE STREAM ksql_probe WITH (KAFKA_TOPIC='ksql_probe', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON') AS SELECT user_key, `amount` FROM ksql_payments WHERE `amount` > 1000 EMIT CHANGES;" // prettier-ignore
    expect(await spell(client, { ...large, text })).toMatch(/^CREATE STREAM KSQL_PROBE WITH \(CLEANUP_POLICY='delete'/)
  })

  it('a statement that is refused twice says why', async () => {
    const client = await clientOf('388-validate-only-bad')
    const text = 'CREATE STREAM ksql_probe AS SELECT no_such_column FROM ksql_payments EMIT CHANGES;'
    await expect(spell(client, { ...large, text })).rejects.toMatchObject({
      alreadyExists: false,
      message:
        "Could not determine output schema for query due to error: Line: 1, Col: 36: SELECT column 'NO_SUCH_COLUMN' cannot be resolved.",
    })
  })

  it('what there is', async () => {
    const client = await clientOf('231-show', '084-show-queries-extended')
    const { sources, topics, queries } = await readCatalog(client)
    expect(sources.get('AGGREGATED_REVENUE_TABLE')).toEqual({ type: 'TABLE', topic: 'AGGREGATED_REVENUE_TABLE' })
    expect([...sources.keys()].sort()).toEqual(['AGGREGATED_REVENUE_TABLE', 'BIG', 'ORDERS_STREAM', 'TS1', 'TS2'])
    expect([...topics]).toEqual([['orders', 3]])
    expect(queries.map(({ id, state }) => `${id} ${state}`)).toContain('CSAS_LARGE_ORDERS_STREAM_11 RUNNING')
    expect(queries.find(({ id }) => id === 'CSAS_LARGE_ORDERS_STREAM_11')).toMatchObject({
      sources: ['ORDERS_STREAM'],
      sinks: ['LARGE_ORDERS_STREAM'],
      consumerGroupId: '_confluent-ksql-probe_query_CSAS_LARGE_ORDERS_STREAM_11',
    })
  })

  it('how far a command is; its id is encoded', async () => {
    const client = await clientOf('151-status-stream', '152-status-unknown')
    expect(await client.status('stream/`LARGE_ORDERS_STREAM`/create')).toMatchObject({ status: 'SUCCESS' })
    expect(await client.status('stream/NOPE/create')).toBeUndefined()
  })

  it('TERMINATE and DROP, also of what is gone', async () => {
    const client = await clientOf('187-terminate', '188-terminate-again', '395-drop-keep-topic', '021-drop-stream-again') // prettier-ignore
    expect(find(await client.run('TERMINATE CSAS_EARLY_55;'), 'currentStatus')?.commandStatus.status).toBe('SUCCESS')
    await expect(client.run('TERMINATE CSAS_EARLY_55;')).rejects.toMatchObject({ isGone: true })
    expect(find(await client.run('DROP STREAM ksql_large_orders;'), 'currentStatus')?.commandStatus.status).toBe('SUCCESS') // prettier-ignore
    await expect(client.run('DROP STREAM orders_stream;')).rejects.toMatchObject({ isGone: true })
  })

  it('what is still read cannot be dropped, and that is not "gone"', async () => {
    const client = await clientOf('073b-drop-while-query')
    await expect(client.run('DROP STREAM m1;')).rejects.toMatchObject({
      isGone: false,
      message: 'Cannot drop M1. The following streams and/or tables read from this source: [M2]. You need to drop them before dropping M1.', // prettier-ignore
    })
  })

  it('a pull query, with the cents that were sent', async () => {
    const client = await clientOf('360-pull-revenue-of-a-user')
    const { sql, push } = parseSelect("SELECT * FROM ksql_revenue WHERE user_key = '7'")
    expect(push).toBe(false)
    const rows = await rowsOf(client, sql)
    expect(rows.map(elementsOf)).toEqual([['"7"', '7', '243752.10', '382', '"2026-11-23T15:31:26.219Z"']])
  })

  it('a push query from the start that sees no aborted record', async () => {
    const client = await clientOf('407-push-read-committed')
    const select = parseSelect('SELECT user_id, price FROM tx EMIT CHANGES LIMIT 5;')
    expect(select).toMatchObject({ push: true, limit: 5 })
    expect(await rowsOf(client, select.sql, propertiesOfSelect(select, 'start'))).toHaveLength(5)
  })

  it('the end of a push query', async () => {
    const { body } = recording('142-close-query').request
    const client = await clientOf('142-close-query')
    await client.closeQuery((JSON.parse(body!) as { queryId: string }).queryId)
  })

  it('a query that is refused says so in the words of the server', async () => {
    const client = await clientOf('220-pull-after-terminate')
    await expect(
      openQuery(client, 'SELECT * FROM aggregated_revenue_table WHERE user_id=1;', {}),
    ).rejects.toMatchObject({
      // prettier-ignore
      code: 'KSQL_REFUSED',
      kind: 'failed',
      message: expect.stringMatching(/^The `AGGREGATED_REVENUE_TABLE` table isn't queryable/) as string,
    })
  })
})

describe('credentials', () => {
  it('go with every request, and only when they are given', async () => {
    const server = await httpServer((_, response) => sendAnswer(response, answerOf(recording('001-info'))))
    await new KsqlClient({ url: server.url, user: 'ada', password: 'p:ä' }).info()
    await new KsqlClient({ url: server.url }).info()
    const [withUser, without] = server.requests.map(({ headers }) => headers.authorization)
    expect(withUser).toBe(`Basic ${Buffer.from('ada:p:ä').toString('base64')}`)
    expect(without).toBeUndefined()
  })
})

describe('a row', () => {
  it.each([
    ['["a",1,10.50]', ['"a"', '1', '10.50']],
    ['["a,]\\"b",[1,2],{"x":"}"},null]', ['"a,]\\"b"', '[1,2]', '{"x":"}"}', 'null']],
    ['[90071992547409931.10]', ['90071992547409931.10']],
    ['[]', []],
  ])('%s is taken apart without a number being read', (line, elements) => {
    expect(elementsOf(line)).toEqual(elements)
  })

  it('that comes in pieces, in the middle of a letter too, is whole', async () => {
    const line = Buffer.from('{"queryId":"q","columnNames":["N"],"columnTypes":["STRING"]}\n["Grüße 🎉"]\n')
    const server = await httpServer((_, response) => {
      response.writeHead(200)
      for (const byte of line) response.write(Buffer.from([byte]))
      response.end()
    })
    expect(await rowsOf(new KsqlClient({ url: server.url }), 'SELECT 1;')).toEqual(['["Grüße 🎉"]'])
  })
})

it('an idle push query is not a failure: it waits as long as nobody stops it', async () => {
  const header = recording('240-push-idle-query-stream').response.body
  const server = await httpServer((_, response) => {
    response.writeHead(200)
    response.write(header)
  })
  const client = new KsqlClient({ url: server.url })
  const incoming = await client.startQuery('SELECT 1 EMIT CHANGES;', {})
  const stopped = text(incoming).catch(() => 'stopped')
  incoming.destroy()
  expect(await stopped).toBe('stopped')
})
