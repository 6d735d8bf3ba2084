import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { loadStatements } from '../../../src/ksql/statements.ts'
import { command } from '../../support/command.ts'
import { KsqlModel } from '../../support/ksql-model.ts'

let model: KsqlModel
beforeEach(async () => {
  model = await KsqlModel.start()
  onTestFinished(() => expect(model.unexpected).toEqual([]))
})

const ksql = (...argv: string[]) => command(['ksql', ...argv], { env: { PAYFLOW_KSQL_URL: model.url } })
const names = loadStatements().map(({ name }) => name)

describe('ksql apply', () => {
  it('creates everything, in order, with requests that were recorded', async () => {
    const { exitCode, stderr, documents } = await ksql('apply', '--json')
    expect(exitCode).toBe(0)
    expect(model.executed).toEqual(names.map((name) => `CREATE ${name}`))
    expect(stderr).toContain('create KSQL_ORDERS: done')
    expect(documents()).toMatchObject([{ applied: true, actions: names.map((name) => `create ${name}`) }])
  })

  it('leaves what exists as described alone', async () => {
    await ksql('apply')
    model.executed.length = 0
    const { exitCode, stdout } = await ksql('apply')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `keep 25 of 25, which are as described\n` })
    expect(model.executed).toEqual([])
  })

  it('goes on where an earlier run ended', async () => {
    model.fill()
    for (const name of ['KSQL_ENRICHED_ORDERS', 'KSQL_USER_PROFILES']) model.forget(name)
    await ksql('apply')
    expect(model.executed).toEqual(['CREATE KSQL_USER_PROFILES', 'CREATE KSQL_ENRICHED_ORDERS'])
  })

  it('names what has changed and leaves it, with what reads it, as it is; and says so by its exit code', async () => {
    model.fill()
    model.change('KSQL_PAYMENTS', (statement) => statement.replace('Crypto', 'Cash'))
    const { exitCode, stdout, stderr } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stdout).toBe(
      'keep 24 of 25, which are as described\nchanged, left as it is: KSQL_PAYMENTS (ksql/111-ksql-payments.sql:2): it was created by another statement than that of ksql/111-ksql-payments.sql:2\n',
    )
    expect(stderr).toContain('Not as described: KSQL_PAYMENTS\n→ re-create them with `payflow ksql apply --replace`')
    expect(model.executed).toEqual([])
  })

  it('creates nothing that reads what has changed', async () => {
    model.fill()
    model.forget('KSQL_LARGE_ORDERS')
    model.change('KSQL_PAYMENTS', (statement) => statement.replace('Crypto', 'Cash'))
    const { exitCode, stdout } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stdout).toContain(
      'not created: KSQL_LARGE_ORDERS (ksql/200-ksql-large-orders.sql:3): it depends on KSQL_PAYMENTS',
    )
    expect(model.executed).toEqual([])
  })

  it('takes an object that was created with OR REPLACE for the same', async () => {
    model.fill()
    model.change('KSQL_LARGE_ORDERS', (statement) => statement.replace('CREATE ', 'CREATE OR REPLACE '))
    expect(await ksql('apply')).toMatchObject({ exitCode: 0 })
  })

  it.each([
    [
      'at_least_once',
      { 'auto.offset.reset': 'earliest', 'processing.guarantee': 'at_least_once', 'cache.max.bytes.buffering': '0' },
      'processing.guarantee=exactly_once_v2\n',
    ],
    [
      'no properties',
      {},
      'auto.offset.reset=earliest, processing.guarantee=exactly_once_v2, cache.max.bytes.buffering=0\n',
    ],
  ])('finds a query that was created with %s', async (_, properties, words) => {
    model.fill()
    model.setProperties('KSQL_REVENUE', properties)
    const { exitCode, stdout } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`KSQL_REVENUE (ksql/220-ksql-revenue.sql:11): its query runs without ${words}`)
  })

  it('finds a query that was terminated, and a topic that nothing writes', async () => {
    model.fill()
    model.endQueryOf('KSQL_REVENUE')
    model.forget('KSQL_LARGE_ORDERS', { keepTopic: true })
    const { exitCode, stdout } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('its query was terminated: nothing writes it')
    expect(stdout).toContain('the topic ksql_large_orders is there, but nothing of this ksqlDB writes it')
  })

  it('finds missing input topics before the first statement', async () => {
    model.topics.delete('payments')
    model.topics.delete('large_orders')
    const { exitCode, stderr } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stderr).toContain(
      'ksqlDB sees no topic payments, large_orders; nothing was applied\n→ create what is missing with `payflow topics create`',
    )
    expect(model.executed).toEqual([])
  })

  it('with --dry-run has the server check everything, and changes nothing', async () => {
    const { exitCode, stdout } = await ksql('apply', '--dry-run')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('create: KSQL_ORDERS (ksql/110-ksql-orders.sql:13)')
    expect(model.executed).toEqual([])
    expect(model.requests.some(({ body }) => (body as { ksql?: string } | null)?.ksql?.includes('EMIT CHANGES'))).toBe(true) // prettier-ignore
  })
})

describe('what is there, but not running', () => {
  it('is named by status: missing, paused, failed, terminated, without its topic', async () => {
    model.fill()
    model.forget('KSQL_ENRICHED_ORDERS')
    model.setStatus('KSQL_LARGE_ORDERS', 'PAUSED')
    model.setStatus('KSQL_USER_PROFILES', 'ERROR', 'Missing source topics\n\u001b[31m')
    model.endQueryOf('KSQL_FAILED_PAYMENTS')
    model.topics.delete('ksql_order_status')
    const { exitCode, stdout } = await ksql('status')
    expect(exitCode).toBe(0)
    const lines = stdout.split('\n').filter((line) => /^(KSQL_\w+:|→)/.test(line))
    expect(lines).toEqual([
      'KSQL_LARGE_ORDERS: its query CSAS_KSQL_LARGE_ORDERS_103 is paused',
      'KSQL_FAILED_PAYMENTS: its query was terminated: nothing writes it',
      'KSQL_ORDER_STATUS: its topic ksql_order_status is gone: what it writes is lost',
      'KSQL_USER_PROFILES: its query CTAS_KSQL_USER_PROFILES_109 has failed: Missing source topics ␛[31m',
      'KSQL_ENRICHED_ORDERS: it is missing (ksql/310-ksql-enriched-orders.sql:6)',
      '→ payflow ksql apply --replace',
    ])
    expect(stdout).toMatch(/CSAS_KSQL_LARGE_ORDERS_103 +PAUSED/)
    const [{ problems }] = (await ksql('status', '--json')).documents() as [{ problems: object[] }]
    expect(problems).toContainEqual({
      name: 'KSQL_LARGE_ORDERS',
      problem: 'paused',
      words: 'its query CSAS_KSQL_LARGE_ORDERS_103 is paused',
    })
  })

  it('is resumed by apply when it is paused', async () => {
    model.fill()
    model.setStatus('KSQL_REVENUE', 'PAUSED')
    const { exitCode, stdout } = await ksql('apply')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('resume: KSQL_REVENUE (ksql/220-ksql-revenue.sql:11): its query CTAS_KSQL_REVENUE_105 is paused') // prettier-ignore
    expect(model.executed).toEqual(['RESUME CTAS_KSQL_REVENUE_105'])
    expect((await ksql('apply')).stdout).toBe('keep 25 of 25, which are as described\n')
  })

  it('is named by apply when it has failed, and left as it is', async () => {
    model.fill()
    model.setStatus('KSQL_REVENUE', 'ERROR', 'Missing source topics')
    const { exitCode, stdout } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('its query CTAS_KSQL_REVENUE_105 has failed: Missing source topics')
    expect(model.executed).toEqual([])
  })

  it('is found when somebody else takes it away during apply', async () => {
    model.onCreate('KSQL_ENRICHED_ORDERS', (response) => {
      model.topics.delete('ksql_enriched_orders')
      response.destroy()
    })
    const { exitCode, stderr } = await ksql('apply')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('Applied, but changed by somebody else at the same time: KSQL_ENRICHED_ORDERS: its topic ksql_enriched_orders is gone') // prettier-ignore
    expect(stderr).toContain('run `payflow ksql apply --replace` when nobody else changes this ksqlDB')
  })
})

describe('two at once', () => {
  it('in one home: the second waits, and says for whom', async () => {
    const home = await mkdtemp(join(tmpdir(), 'payflow-ksql-lock-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    const apply = () => command(['ksql', 'apply'], { env: { PAYFLOW_KSQL_URL: model.url, PAYFLOW_HOME: home } })
    const both = await Promise.all([apply(), apply()])
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const waited = both.filter(({ stderr }) => stderr.includes(`Waiting for another payflow (pid ${process.pid}) to finish with ${join(home, 'ksql.lock')}`)) // prettier-ignore
    expect(waited).toHaveLength(1)
    expect(model.executed).toHaveLength(25)
    expect(waited[0]!.stdout).toBe('keep 25 of 25, which are as described\n')
  })
})

describe('ksql drop', () => {
  it('with --dry-run says what would go, the last first, and drops nothing', async () => {
    model.fill()
    const { exitCode, documents } = await ksql('drop', '--dry-run', '--json')
    expect(exitCode).toBe(0)
    const [{ actions }] = documents() as [{ actions: string[] }]
    expect(actions.slice(0, 3)).toEqual([
      expect.stringMatching(/^terminate CSAS_KSQL_ENRICHED_ORDERS_\d+$/),
      'drop KSQL_ENRICHED_ORDERS',
      'delete topic ksql_enriched_orders',
    ])
    expect(actions.at(-1)).toBe('drop ORDERS_RAW')
    expect(actions.filter((title) => title.startsWith('delete topic'))).toHaveLength(11)
    expect(model.executed).toEqual([])
  })

  it("leaves somebody else's description of a topic alone", async () => {
    model.fill()
    model.change('ORDERS', (statement) => statement.replace('QUANTITY BIGINT', 'QUANTITY INTEGER'))
    const [{ actions, left }] = (await ksql('drop', '--dry-run', '--json')).documents() as [{ actions: string[]; left: object[] }] // prettier-ignore
    expect(actions).not.toContain('drop ORDERS')
    expect(left).toMatchObject([{ name: 'ORDERS' }])
  })

  it('drops what describes a topic that is gone', async () => {
    model.fill()
    model.topics.delete('orders')
    const [{ actions, left }] = (await ksql('drop', '--dry-run', '--json')).documents() as [{ actions: string[]; left: object[] }] // prettier-ignore
    expect(actions).toEqual(expect.arrayContaining(['drop ORDERS', 'drop ORDERS_RAW']))
    expect(left).toEqual([])
  })

  it('has nothing to do where nothing is', async () => {
    expect(await ksql('drop', '--yes')).toMatchObject({ exitCode: 0, stdout: 'nothing to drop\n' })
  })
})

describe('ksql status and describe', () => {
  it('show the queries, and point out one that counts aborted records', async () => {
    model.fill()
    model.setProperties('KSQL_REVENUE', {})
    const { exitCode, stdout } = await ksql('status')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/ksqlDB 7\.9\.1 at .*, service probe_\n25 streams and tables, 11 queries\n/)
    expect(stdout).toMatch(/CSAS_KSQL_ORDERS_\d+ +RUNNING/)
    expect(stdout).toMatch(/CTAS_KSQL_REVENUE_\d+: its query runs without auto\.offset\.reset=earliest, processing\.guarantee=exactly_once_v2/) // prettier-ignore
  })

  it('are documents with --json', async () => {
    model.fill()
    const [status] = (await ksql('status', '--json')).documents() as [{ queries: object[]; sources: object[] }]
    expect(status.queries).toHaveLength(11)
    expect(status.queries[0]).toMatchObject({ state: 'RUNNING', errors: [], warning: null })
    const [described] = (await ksql('describe', 'ksql_order_status', '--json')).documents()
    expect(described).toMatchObject({
      name: 'KSQL_ORDER_STATUS',
      topic: 'ksql_order_status',
      columns: expect.arrayContaining([
        { name: 'ORDER_KEY', type: 'STRING', key: true },
        { name: 'order_total', type: 'DECIMAL(36, 2)', key: false },
      ]) as object[],
    })
  })

  it('say what a name might have meant', async () => {
    model.fill()
    const { exitCode, stderr } = await ksql('describe', 'ksql_revenu')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/has no stream or table ksql_revenu\n→ did you mean KSQL_REVENUE\?\n$/)
  })
})
