import type { ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { applyTo, settingsFor } from '../../support/ksql-apply.ts'
import { command } from '../../support/command.ts'
import { KsqlModel } from '../../support/ksql-model.ts'
import { answerOf, httpServer, sendAnswer, type Answer } from '../../support/ksql-server.ts'
import { recording } from '../../support/recordings.ts'

async function model(): Promise<KsqlModel> {
  const started = await KsqlModel.start()
  onTestFinished(() => expect(started.unexpected).toEqual([]))
  return started
}

const sends = (name: string) => (response: ServerResponse) => sendAnswer(response, answerOf(recording(name)))
const status = (url: string, env = {}) => command(['ksql', 'status'], { env: { PAYFLOW_KSQL_URL: url, ...env } })

/** The two lines that a user sees, without their marks. */
const linesOf = (stderr: string): string[] =>
  stderr.trimEnd().split('\n').slice(-2).map((line) => line.replace(/^(Error:|→) /, '')) // prettier-ignore

describe('a ksqlDB that is not there', () => {
  it('not known at all', async () => {
    const { exitCode, stderr } = await command(['ksql', 'status'])
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      'No ksqlDB is known',
      'name one with --ksql-url (PAYFLOW_KSQL_URL); `payflow infra up` starts one with engine docker, or with KSQL_HOME set',
    ])
  })

  it('nothing listens', async () => {
    const { exitCode, stderr } = await status('http://127.0.0.1:1')
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      'No ksqlDB answers at http://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1)',
      'start it with `payflow infra up`, or name yours with --ksql-url (PAYFLOW_KSQL_URL)',
    ])
  })

  it('apply gives it a moment, and then says the same', async () => {
    const { failure, lines } = await applyTo(settingsFor('http://127.0.0.1:1'))
    expect(lines).toEqual(['waiting for ksqlDB to start'])
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringMatching(/^No ksqlDB answers/) as string })
  })
})

describe('a ksqlDB that is starting', () => {
  it('says that it is', async () => {
    const { url } = await httpServer((_, response) => sends('000-startup-info-2')(response))
    const { exitCode, stderr } = await status(url)
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      `ksqlDB at ${url} is still starting: KSQL is not yet ready to serve requests.`,
      'try again in a few seconds',
    ])
  })

  it('apply waits for it', async () => {
    const server = await model()
    server.once(/^\/info$/, sends('000-startup-info-2'))
    const { failure, lines } = await applyTo(settingsFor(server.url))
    expect(failure).toBeUndefined()
    expect(lines[0]).toBe('waiting for ksqlDB to start')
  })
})

describe('a restart in mid-apply', () => {
  it('is waited for; what was executed already is not taken for a mistake', async () => {
    const server = await model()
    server.onCreate('KSQL_PAYMENTS', (response) => response.destroy())
    server.once(/^\/status|^DESCRIBE ksql_payments;$/, sends('000-startup-ksql'))
    const { failure, lines } = await applyTo(settingsFor(server.url))
    expect(failure).toBeUndefined()
    expect(lines).toContain('create KSQL_PAYMENTS: ksqlDB went away; waiting for it')
    expect(server.executed.filter((one) => one === 'CREATE KSQL_PAYMENTS')).toHaveLength(1)
    expect(server.held.size).toBe(25)
  })

  it('that takes too long ends with how far it came', async () => {
    const server = await model()
    server.once(/CREATE TABLE ksql_revenue/, (response) => {
      server.faults.push((_, next) => {
        next.destroy()
        return true
      })
      response.destroy()
    })
    const { failure, done } = await applyTo(settingsFor(server.url))
    expect(done).toHaveLength(18)
    expect(failure).toEqual({
      exitCode: 3,
      message: `No ksqlDB answers at ${server.url} (socket hang up)`,
      hint: 'start it with `payflow infra up`, or name yours with --ksql-url (PAYFLOW_KSQL_URL); 18 of 25 steps were done, the last: create KSQL_FAILED_PAYMENTS. What is done stays: run this again to go on',
    })
  })
})

describe('a command that blocks the others', () => {
  it('is waited for', async () => {
    const server = await model()
    server.once(/CREATE TABLE ksql_revenue/, sends('227-terminate-all'))
    const { failure, lines } = await applyTo(settingsFor(server.url))
    expect(failure).toBeUndefined()
    expect(lines).toContain('create KSQL_REVENUE: another command blocks ksqlDB; trying again')
  })

  it('for good ends with what to do', async () => {
    const server = await model()
    server.always(/CREATE STREAM ksql_payments/, sends('227-terminate-all'))
    const { failure } = await applyTo(settingsFor(server.url))
    expect(failure).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/^ksql\/111-ksql-payments\.sql:2: ksqlDB refuses KSQL_PAYMENTS: Could not write the statement '.*' into the command topic\./) as string, // prettier-ignore
      hint: expect.stringMatching(/^a command before it blocks ksqlDB, which executes them one by one: wait for it, then run this again; 14 of 25 steps were done/) as string, // prettier-ignore
    })
  })
})

describe('a command that is taken, but not executed', () => {
  const executing = (response: ServerResponse): void => {
    const { body, ...rest } = answerOf(recording('224-drop-csas-running-delete-topic'))
    const other = body.replaceAll('stream/LARGE_ORDERS_STREAM/drop', 'stream/`KSQL_PAYMENTS`/create')
    sendAnswer(response, { ...rest, headers: [['content-type', 'application/json']], body: other })
  }
  const still: Answer = { status: 200, headers: [['content-type', 'application/json']], body: '{"status":"EXECUTING","message":"Executing statement","queryId":null}' } // prettier-ignore

  it('is asked for until it is', async () => {
    const server = await model()
    server.once(/CREATE STREAM ksql_payments/, (response) => {
      server.create('KSQL_PAYMENTS')
      executing(response)
    })
    server.once(/^\/status\/stream\/%60KSQL_PAYMENTS%60\/create$/, (response) => sendAnswer(response, still))
    const { failure, lines } = await applyTo(settingsFor(server.url))
    expect(failure).toBeUndefined()
    expect(lines).toContain('create KSQL_PAYMENTS: executing')
    expect(server.requests.filter(({ path }) => path === '/status/stream/%60KSQL_PAYMENTS%60/create')).toHaveLength(2)
  })

  it('for ever ends with what to do', async () => {
    const server = await model()
    server.once(/CREATE STREAM ksql_payments/, executing)
    server.always(/^\/status/, (response) => sendAnswer(response, still))
    const { failure } = await applyTo(settingsFor(server.url))
    expect(failure).toMatchObject({
      exitCode: 1,
      message: 'ksqlDB has not finished to create KSQL_PAYMENTS after 0.4 s (EXECUTING: Executing statement)',
      hint: expect.stringMatching(/^it goes on by itself, or needs a restart: look with `payflow ksql status`, then run this again; 14 of 25/) as string, // prettier-ignore
    })
  })

  it('and forgotten by the server is sent again', async () => {
    const server = await model()
    server.once(/CREATE STREAM ksql_payments/, executing)
    server.once(/^\/status/, sends('152-status-unknown'))
    const { failure, lines } = await applyTo(settingsFor(server.url))
    expect(failure).toBeUndefined()
    expect(lines).toContain('create KSQL_PAYMENTS: ksqlDB forgot how far it was; asking again')
  })

  it('but fails says why', async () => {
    const server = await model()
    server.once(/CREATE STREAM ksql_payments/, executing)
    server.once(/^\/status/, (response) =>
      sendAnswer(response, {
        ...still,
        body: '{"status":"ERROR","message":"Timeout\\n\\twhile creating","queryId":null}',
      }),
    )
    const { failure } = await applyTo(settingsFor(server.url))
    expect(failure).toMatchObject({
      exitCode: 1,
      message: 'ksqlDB could not create KSQL_PAYMENTS (ERROR): Timeout while creating',
    })
  })
})

describe('a statement that is refused', () => {
  it('is named with file, line and the words of the server, and how far it came', async () => {
    const server = await model()
    server.always(/CREATE STREAM ksql_payments/, sends('129-push-unknown-column'))
    const { failure } = await applyTo(settingsFor(server.url))
    expect(failure).toEqual({
      exitCode: 1,
      message:
        "ksql/111-ksql-payments.sql:2: ksqlDB refuses KSQL_PAYMENTS: Line: 1, Col: 8: SELECT column 'NOPE' cannot be resolved.",
      hint: 'correct the statement; 14 of 25 steps were done, the last: create KSQL_ORDERS. What is done stays: run this again to go on',
    })
  })
})

describe('names that are taken by others', () => {
  it('by another kind, or for another topic: nothing is done', async () => {
    const server = await model()
    server.fill()
    server.held.set('ORDERS', { ...server.held.get('ORDERS')!, topic: 'shop.orders' })
    server.held.set('KSQL_REVENUE', { ...server.held.get('KSQL_REVENUE')!, type: 'STREAM' })
    const { failure } = await applyTo(settingsFor(server.url), { replace: true })
    expect(failure).toEqual({
      exitCode: 1,
      message:
        "Names that payflow needs are somebody else's: ORDERS (ksql/020-orders.sql:13): it is of the topic shop.orders, not orders; KSQL_REVENUE (ksql/220-ksql-revenue.sql:11): a STREAM has this name, not a TABLE",
      hint: 'look at them with `payflow ksql describe NAME`; drop or rename them, or use a separate ksqlDB (--ksql-url)',
    })
    expect(server.executed).toEqual([])
  })

  it("a query of others' that reads what would be replaced", async () => {
    const server = await model()
    server.fill()
    server.change('KSQL_REVENUE', (statement) => `${statement} `)
    server.queries.set('CSAS_REPORT_7', { sink: 'REPORT', reads: ['KSQL_REVENUE'], properties: {}, status: 'RUNNING' })
    const { failure } = await applyTo(settingsFor(server.url), { replace: true })
    expect(failure).toMatchObject({
      exitCode: 1,
      message: "Queries that are not payflow's use what would be dropped: KSQL_REVENUE (CSAS_REPORT_7)",
      hint: 'end them first, with TERMINATE and DROP in the ksql shell; payflow only drops what it created',
    })
  })
})

describe('what answers is not ksqlDB', () => {
  const html = '<!doctype html><html><head><title>Sign in to the proxy</title></head></html>'
  it.each([
    ['an HTML page', { status: 200, headers: [['content-type', 'text/html']], body: html }, 'it sent 200 with text/html: "Sign in to the proxy"'], // prettier-ignore
    ['an HTML error', { status: 502, headers: [['content-type', 'text/html']], body: '<h1>Bad Gateway</h1>' }, 'it sent 502 with text/html: "Bad Gateway"'], // prettier-ignore
    ['another content', { status: 200, headers: [['content-type', 'text/plain']], body: 'hello' }, 'it sent 200 with text/plain'], // prettier-ignore
    ['another service', { status: 200, headers: [['content-type', 'application/json']], body: '{"status":"up"}' }, 'it sent 200 with application/json'], // prettier-ignore
    ['a redirection', { status: 302, headers: [['location', 'https://login.example/']], body: '' }, 'it sent 302 with no content type, which leads to https://login.example/'], // prettier-ignore
  ] satisfies [string, Answer, string][])('%s', async (_, answer, words) => {
    const { url } = await httpServer((_request, response) => sendAnswer(response, answer))
    const { exitCode, stderr } = await status(url)
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      `What answers at ${url} is not ksqlDB: ${words}`,
      'check --ksql-url (PAYFLOW_KSQL_URL), and any proxy in between',
    ])
  })
})

describe('credentials', () => {
  const denied: Answer = { status: 401, headers: [['www-authenticate', 'Basic']], body: '' }

  it('that are missing', async () => {
    const { url } = await httpServer((_, response) => sendAnswer(response, denied))
    const { exitCode, stderr } = await status(url)
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      `ksqlDB at ${url} wants to know who asks (401)`,
      'set PAYFLOW_KSQL_USER and PAYFLOW_KSQL_PASSWORD',
    ])
  })

  it('that are wrong; the password is never shown', async () => {
    const { url } = await httpServer((_, response) => sendAnswer(response, denied))
    const { exitCode, stderr } = await status(url, { PAYFLOW_KSQL_USER: 'ada', PAYFLOW_KSQL_PASSWORD: 'hunter2' })
    expect(exitCode).toBe(3)
    expect(linesOf(stderr)).toEqual([
      `ksqlDB at ${url} refuses the credentials of ada (401)`,
      'set PAYFLOW_KSQL_USER and PAYFLOW_KSQL_PASSWORD',
    ])
    expect(stderr).not.toContain('hunter2')
  })
})
