import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { command, type CommandOptions } from '../../support/command.ts'
import { httpServer, replay, sendAnswer, answerOf, type Answer } from '../../support/ksql-server.ts'
import { recording, requestIn } from '../../support/recordings.ts'

const query = (url: string, sql: string, argv: readonly string[] = [], options: CommandOptions = {}) =>
  command(['ksql', 'query', sql, ...argv], { env: { PAYFLOW_KSQL_URL: url }, ...options })

/** A ksqlDB that answers each query in the same way. */
const serverOf = (answer: (response: ServerResponse) => void) =>
  httpServer(({ path }, response) => {
    if (path === '/info') sendAnswer(response, answerOf(recording('001-info')))
    else if (path === '/query-stream') answer(response)
    else sendAnswer(response, { status: 200, body: '' })
  })

const HEADER =
  '{"queryId":"transient_X_1","columnNames":["USER_ID","total"],"columnTypes":["INTEGER","DECIMAL(16, 2)"]}\n'

describe('ksql query', () => {
  it('prints the rows of a pull query as a table, and as documents whose cents are as they were sent', async () => {
    const sql = 'SELECT user_key, `total_revenue`, `order_count` FROM ksql_revenue;'
    const server = await replay(['001-info', '361-pull-revenue-of-all', '001-info', '361-pull-revenue-of-all'])
    const shown = await query(server.url, sql)
    expect(server.unexpected).toEqual([])
    expect(shown.exitCode).toBe(0)
    expect(shown.stdout.split('\n')[0]).toMatch(/^USER_KEY +total_revenue +order_count$/)
    expect(shown.stdout.trimEnd().split('\n')).toHaveLength(101)
    const { stdout, documents } = await query(server.url, sql, ['--json'])
    const cents = [...stdout.matchAll(/"total_revenue":(\d+)\.(\d\d),/g)].reduce((sum, [, euros, rest]) => sum + BigInt(`${euros}${rest}`), 0n) // prettier-ignore
    expect(cents).toBe(1196373092n)
    expect(documents()).toHaveLength(100)
  })

  it('asks as it was recorded, from the start and without aborted records', async () => {
    const { sql } = requestIn(recording('407-push-read-committed')).body as { sql: string }
    const server = await replay(['001-info', '407-push-read-committed'])
    const { exitCode, documents } = await query(server.url, sql, ['--json'])
    expect(exitCode).toBe(0)
    expect(documents()).toHaveLength(5)
    expect(server.left()).toEqual([])
  })

  it('ends at --limit, and ends the query on the server', async () => {
    const server = await serverOf((response) => {
      response.writeHead(200)
      response.write(`${HEADER}[1,10.50]\n[2,0.10]\n[3,7.00]\n`)
    })
    const { exitCode, stdout, stderr } = await query(server.url, 'SELECT * FROM x EMIT CHANGES', ['--limit', '2'])
    expect(exitCode).toBe(0)
    expect(stdout).toBe('USER_ID  total\n1        10.50\n2        0.10\n')
    expect(stderr).toBe('2 rows\n')
    expect(server.requests.at(-1)).toMatchObject({ path: '/close-query', body: { queryId: 'transient_X_1' } })
  })

  it('ends at a signal with what it has', async () => {
    const stop = new AbortController()
    const server = await serverOf((response) => {
      response.writeHead(200)
      response.write(`${HEADER}[1,10.50]\n`)
    })
    const { exitCode, stdout } = await query(server.url, 'SELECT * FROM x EMIT CHANGES', [], {
      signal: stop.signal,
      onOutput: () => stop.abort(),
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'USER_ID  total\n1        10.50\n' })
  })

  it('says when a push query was ended by somebody else', async () => {
    const server = await serverOf((response) => sendAnswer(response, { status: 200, body: `${HEADER}[1,10.50]\n` }))
    const { exitCode, stderr } = await query(server.url, 'SELECT * FROM x EMIT CHANGES')
    expect(exitCode).toBe(1)
    expect(stderr).toContain(
      `ksqlDB at ${server.url} ended the query after 1 rows\n→ somebody terminated it, or the server stopped: look with \`payflow ksql status\`, then run it again`,
    )
  })

  it('says how many rows came before the connection was cut', async () => {
    const server = await serverOf((response) => {
      response.writeHead(200)
      response.write(`${HEADER}[1,10.50]\n[2,1`, () => response.destroy())
    })
    const { exitCode, stdout, stderr } = await query(server.url, 'SELECT * FROM x EMIT CHANGES')
    expect(exitCode).toBe(3)
    expect(stdout).toContain('10.50')
    expect(stderr).toBe(
      `Error: ksqlDB at ${server.url} broke off the query after 1 rows (aborted)\n→ look whether it runs with \`payflow ksql status\`, then run it again\n`,
    )
  })

  it('says what ended a query in its midst', async () => {
    const late = '{"@type":"generic_error","error_code":50000,"message":"Query has failed"}\n'
    const server = await serverOf((response) => sendAnswer(response, { status: 200, body: `${HEADER}[1,10.50]\n${late}` })) // prettier-ignore
    const { exitCode, stderr } = await query(server.url, 'SELECT * FROM x EMIT CHANGES')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('ksqlDB ended the query after 1 rows: Query has failed')
  })

  it.each([
    ['220-pull-after-terminate', 'SELECT * FROM aggregated_revenue_table WHERE user_id=1;', "isn't queryable"],
    ['373-lower-case-column-without-backquotes', 'SELECT order_id FROM ksql_orders EMIT CHANGES LIMIT 1;', 'in backquotes, and the SQL in single quotes'], // prettier-ignore
  ])('%s: the words of the server', async (name, sql, words) => {
    const server = await serverOf((response) => sendAnswer(response, answerOf(recording(name))))
    const { exitCode, stderr } = await query(server.url, sql)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(words)
  })

  it('an HTML page in the place of rows', async () => {
    const page: Answer = { status: 200, headers: [['content-type', 'text/html']], body: '<title>Proxy</title>' }
    const server = await serverOf((response) => sendAnswer(response, page))
    const { exitCode, stderr } = await query(server.url, 'SELECT * FROM x EMIT CHANGES')
    expect(exitCode).toBe(3)
    expect(stderr).toContain(`What answers at ${server.url} is not ksqlDB: it sent 200 with text/html: "Proxy"`)
  })

  it.each([
    ['CREATE STREAM x AS SELECT * FROM y;', 'put it into a file of ksql/ and apply it with `payflow ksql apply`'],
    ['drop stream x', 'drop what payflow created with `payflow ksql drop`'],
    ['TERMINATE ALL;', 'drop what payflow created with `payflow ksql drop`'],
    ["INSERT INTO orders VALUES ('x');", 'write records with `payflow produce`'],
    ['/* SELECT */ DELETE FROM x;', 'payflow runs queries only, to change nothing by chance'],
    ["SELECT 1; DROP STREAM x; -- ' ", 'give one query at a time'],
    ["SET 'auto.offset.reset'='earliest';", 'payflow runs queries only, to change nothing by chance'],
    ['SHOW STREAMS;', 'see `payflow ksql status`'],
    ['', 'such as: payflow ksql query "SELECT * FROM ksql_revenue"'],
    ["SELECT 'x", 'put the SQL in quotes of the shell that it does not use itself'],
  ])('%s is refused before anything is asked', async (sql, hint) => {
    const server = await serverOf(() => undefined)
    const { exitCode, stderr } = await query(server.url, sql)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(hint)
    expect(server.requests).toEqual([])
  })
})

describe('what a record holds', () => {
  const evil = '"a\\u001b[2Jb","\u009b31mred\u202Etxt\u200b"'
  const rows = `{"queryId":"q","columnNames":["A","B"],"columnTypes":["STRING","STRING"]}\n[${evil}]\n`

  it('cannot command a terminal', async () => {
    const server = await serverOf((response) => sendAnswer(response, { status: 200, body: rows }))
    const { exitCode, stdout } = await query(server.url, 'SELECT * FROM x')
    expect(exitCode).toBe(0)
    expect(stdout).toBe('A       B\na␛[2Jb  \ufffd31mred\ufffdtxt\ufffd\n')
  })

  it('is the same in documents, where nothing of it is hidden', async () => {
    const server = await serverOf((response) => sendAnswer(response, { status: 200, body: rows }))
    const { stdout, documents } = await query(server.url, 'SELECT * FROM x', ['--json'])
    expect(documents()).toEqual([{ A: 'a\u001b[2Jb', B: '\u009b31mred\u202Etxt\u200b' }])
    expect(/[\u007f-\u009f\u202e\u200b]/.test(stdout)).toBe(false)
  })
})

describe('advice', () => {
  it('for a table that is still being read in is to wait', async () => {
    // KsLocator of ksqlDB 7.9.1, in the form of other refusals (120)
    const message = 'Materialized data for key [7] is not available yet. Please try again later.'
    const body = JSON.stringify({ '@type': 'statement_error', error_code: 40001, message, statementText: '', entities: [] }) // prettier-ignore
    const server = await serverOf((response) => sendAnswer(response, { status: 400, body }))
    const { exitCode, stderr } = await query(server.url, "SELECT * FROM ksql_revenue WHERE user_key = '7'")
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`${message}\n→ the table is still being read in: try again in a few seconds; \`payflow ksql status\` says how far its query is`) // prettier-ignore
  })

  it('for PRINT names a command that there is', async () => {
    const { exitCode, stderr } = await query('http://127.0.0.1:1', 'PRINT orders;')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('ask its stream: `payflow ksql query "SELECT * FROM orders_raw EMIT CHANGES"`')
  })
})
