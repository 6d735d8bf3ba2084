import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bin } from '../support/cli.ts'
import { chromiumPath, openBrowser, WHY } from '../support/chromium.ts'
import { freePort } from '../../src/infra/ports.ts'
import { testKafka } from '../support/java-options.ts'
import { createHome, removeHome } from '../support/local-broker.ts'
import { readAll, writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const HOSTILE = '<script>document.title="taken"</script><img src=x onerror=taken()>\u001b[31mred\u202eevil\u200b'

/** One broker, its workers in one process, and one page, for all of them: they go on from each other. */
describe.skipIf(chromiumPath === undefined)(`the page in a browser (skipped when there is ${WHY})`, () => {
  let home: string
  let env: NodeJS.ProcessEnv
  let broker: string
  let port: number
  let browser: Browser | undefined
  let page: Page
  let server: ChildProcess
  let workers: ChildProcess
  const processes: ChildProcess[] = []
  const broken: string[] = []

  const start = (...argv: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [bin, ...argv], { env, stdio: 'ignore' })
    processes.push(child)
    return child
  }
  const payflow = async (...argv: readonly string[]): Promise<void> => {
    const [code] = (await once(start(...argv), 'close')) as [number]
    expect(code, argv.join(' ')).toBe(0)
  }
  const end = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'close')
  }
  const text = (selector: string): Promise<string> => page.locator(selector).innerText()
  const says = (selector: string, wanted: string | RegExp, timeoutMs = 60_000) =>
    eventually(async () => expect(await text(selector)).toMatch(wanted), { timeoutMs, intervalMs: 200 })
  const serve = (): ChildProcess => start('dashboard', '--http', `127.0.0.1:${port}`)
  const open = () => eventually(() => page.goto(`http://127.0.0.1:${port}/`), { intervalMs: 200 })

  beforeAll(async () => {
    home = await createHome()
    const kafkaPort = await freePort()
    port = await freePort()
    broker = `127.0.0.1:${kafkaPort}`
    env = {
      ...process.env,
      PAYFLOW_ENGINE: 'local',
      PAYFLOW_HOME: home,
      PAYFLOW_KAFKA: testKafka,
      PAYFLOW_KAFKA_PORT: String(kafkaPort),
      PAYFLOW_ZOOKEEPER_PORT: '0',
    }
    await payflow('infra', 'up')
    await payflow('topics', 'create')
    workers = start('worker', 'failed-payments', 'large-orders', 'aggregated-revenue', 'frequent-failed-payments', 'process-orders', 'process-payments') // prettier-ignore
    await payflow('produce', 'all', '--count', '300', '--rate', 'max', '--seed', '3')
    server = serve()
    browser = await openBrowser()
    page = await browser.newPage()
    page.on('pageerror', (error) => broken.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
        broken.push(message.text())
    })
    await open()
  })

  afterAll(async () => {
    await browser?.close()
    for (const child of processes) await end(child, 'SIGKILL')
    await removeHome(home)
  })

  test('shows that everything keeps up, and money to the cent as the inputs have it', async () => {
    await says('#verdict', 'Everything keeps up')
    const orders = (await readAll([broker], 'orders')).map(({ value }) => JSON.parse(value!) as { price: number; quantity: number }) // prettier-ignore
    const cents = orders.reduce((sum, { price, quantity }) => sum + Math.round(price * 100) * quantity, 0)
    expect(orders.length).toBe(300)
    const revenue = `${Math.floor(cents / 100).toLocaleString('en')}.${String(cents % 100).padStart(2, '0')}`
    await says('#money-figures', new RegExp(`Revenue\\s+${revenue.replaceAll('.', '\\.')}\\s+300 orders`))
    await says('#lag-table', /process-payments\s+running\s+0\s+0\.0 s/)
    await says('#topic-table', /order_status\s+300/)
  })

  test('shows what each task does, and a custom worker with its group, tasks and process', async () => {
    await says('#worker-table', /process-payments\s+running\s+Stable\s+1\s+9\s+running: 0, 1, 2\s/)
    const tasks = await page.locator('#partition-table tbody tr').allTextContents()
    expect(tasks.length).toBeGreaterThan(15)
    expect(tasks.every((row) => row.includes('running'))).toBe(true)
    const file = join(home, 'mine.mjs')
    writeFileSync(file, `
      import { defineTopic, defineWorker, integer, orders } from 'payflow'
      const output = defineTopic('order_sizes', { user_id: integer(1), quantity: integer(0) })
      const on = { orders: ({ user_id, quantity }) => ({ emit: [{ user_id, quantity }] }) }
      export default defineWorker({ name: 'order-sizes', summary: 'Sizes of orders', inputs: { orders }, output, on })`) // prettier-ignore
    const custom = start('worker', file)
    await says('#worker-table', new RegExp(`order-sizes custom\\s+running\\s+Stable\\s+1\\s+[36]\\s+running: 0, 1, 2\\s+0\\s+pid ${custom.pid ?? 0},`)) // prettier-ignore
    await says('#lag-table', /order-sizes custom\s+running\s+0\s+0\.0 s/)
    await end(custom)
    await says('#worker-table', /order-sizes custom\s+not running\s+(Empty|Dead)/)
  })

  test('shows what an audit found, once there was one', async () => {
    await payflow('audit')
    await says('#audit', /audit: right \(6 workers, [\d,]+ inputs\)/)
  })

  test('updates while it is open, and keeps its history over a reload', async () => {
    await payflow('produce', 'all', '--count', '320', '--rate', 'max', '--seed', '3')
    await says('#money-figures', /\s620 orders/)
    await page.reload()
    await says('#money-figures', /\s620 orders/)
    const points = await page.evaluate(`new Promise((resolve) => {
      const source = new EventSource('/api/stream')
      source.addEventListener('hello', ({ data }) => (source.close(), resolve(JSON.parse(data).history.length)))
    })`)
    expect(points).toBeGreaterThan(3)
  })

  test('finds the way of an order by its hash, and by its address', async () => {
    const [first] = (await readAll([broker], 'orders')).map(({ value }) => JSON.parse(value!) as { order_id: string })
    await page.goto(`http://127.0.0.1:${port}/#/order/${first!.order_id}`)
    await says('#order-note', /records of .*; 6 partitions searched/)
    const steps = await text('#order-steps')
    for (const topic of ['orders', 'payments', 'enriched_orders', 'order_status']) expect(steps).toContain(topic)
    expect(await text('#order-searched')).not.toContain('all partitions')
    await page.fill('#order-id', '00000000-0000-4000-8000-000000000000')
    await page.press('#order-id', 'Enter')
    await says('#order-note', 'No record of 00000000-0000-4000-8000-000000000000 was found')
    await page.fill('#order-id', 'nonsense')
    await page.press('#order-id', 'Enter')
    await says('#order-note', 'An order id is a UUID')
  })

  test('shows what hostile records hold, and does nothing that they say', async () => {
    const record = { key: HOSTILE, value: JSON.stringify({ order_id: HOSTILE, user_id: HOSTILE }) }
    await page.getByRole('button', { name: 'Start' }).click()
    await writeAll([broker], 'orders', [record])
    await says('#letters-newest', /<script>document\.title/)
    await says('#tail-table', /<img src=x onerror=taken\(\)>/)
    const shown = (await text('#letters-newest')) + (await text('#tail-table')) + (await text('#attention-list'))
    expect(shown).not.toMatch(/[\u001b\u202e\u200b]/)
    expect(shown).toContain('␛[31mred')
    expect(await page.title()).not.toContain('taken')
    expect(await page.locator('main img, main script').count()).toBe(0)
    await says('#letters-table', /aggregated-revenue\s+order_id must be/)
    await page.getByRole('button', { name: 'Pause' }).last().click()
  })

  test.each([
    ['light', 1440],
    ['dark', 390],
  ] as const)('has no barrier that axe finds: %s, %d px', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await page.evaluate(axe)
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } } // prettier-ignore
      const found = await axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      })
      return found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
      )
    })
    expect(violations).toEqual([])
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(overflow).toBe(0)
  })

  test('goes where keys and addresses say', async () => {
    await page.locator('body').press('3')
    await eventually(() => expect(page.url()).toMatch(/#\/lag$/))
    await page.locator('body').press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('order-id')
    await page.locator('#order-id').blur()
    await page.locator('body').press('?')
    expect(await page.getByRole('dialog').isVisible()).toBe(true)
    await page.locator('body').press('Escape')
  })

  test('says that workers stop, and marks it', async () => {
    await end(workers)
    await says('#verdict', /No worker runs, and nothing waits/)
    await says('#marks', /restart\s+failed-payments, .*process-payments: process \d+ has ended/)
  })

  test('says that brokers are away and how old its figures are, and goes on when they are back', async () => {
    await payflow('infra', 'down')
    await says('#verdict', /The brokers have not answered for \d+ s/)
    await says('#age', /figures of .* \d+ s ago/)
    await eventually(async () => expect(await page.locator('html.stale').count()).toBe(1))
    await payflow('infra', 'up')
    await says('#verdict', /No worker runs, and nothing waits/)
    await eventually(async () => expect(await page.locator('html.stale').count()).toBe(0))
    await says('#marks', /the brokers answer again/)
  })

  test('says that its server is away, and goes on when it is back', async () => {
    await end(server, 'SIGKILL')
    await says('#connection', 'disconnected, retrying')
    server = serve()
    await says('#connection', 'live')
    await says('#verdict', /No worker runs, and nothing waits/)
  })

  test('nothing has gone wrong in the browser meanwhile', () => {
    expect(broken).toEqual([])
  })
})
