import type { FastifyInstance } from 'fastify'
import { messageOf } from '../errors.ts'
import type { Dashboard } from '../app/dashboard/dashboard.ts'
import type { Hello } from '../app/dashboard/model.ts'
import type { Observed } from '../app/metrics/observed.ts'
import { findOrder } from '../app/dashboard/order.ts'
import { guard, type Access } from './access.ts'
import { eventStream } from './event-stream.ts'
import type { Routes } from './http.ts'
import { observedRoutes } from './observed.ts'
import type { Page } from './page.ts'

/** How long a look-up of an order may take. */
const LOOK_UP_MS = 15_000
const ORDER_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

interface Served {
  readonly dashboard: Dashboard
  readonly page: Page
  readonly access: Access
  /** For `/metrics`, `/livez` and `/readyz` beside it. */
  readonly observed: Observed
}

/** The page and what it asks for. All of it is read-only, and for those only whom `access` lets in. */
export const dashboardRoutes =
  ({ dashboard, page, access, observed }: Served): Routes =>
  (server) =>
    void server.register((scope, _, done) => {
      guard(scope, access)
      scope.addHook('onSend', async (_request, reply) => {
        reply.headers({
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
        })
      })
      scope.get('/', (_request, reply) =>
        reply.type('text/html; charset=utf-8').header('content-security-policy', page.policy).send(page.html),
      )
      addStreams(scope, dashboard, page)
      addLookUp(scope, dashboard)
      observedRoutes(observed)(scope)
      done()
    })

function addStreams(scope: FastifyInstance, dashboard: Dashboard, { build }: Page): void {
  scope.get('/api/stream', (_request, reply) => {
    eventStream(reply, (send) => {
      const { points: history, marks } = dashboard.history
      const hello: Hello = { build, brokers: dashboard.settings.brokers, history, marks, frame: dashboard.frame }
      send('hello', hello)
      return dashboard.watch((update) => send('update', update))
    })
  })
  scope.get<{ Querystring: { topics?: string } }>('/api/tail', (request, reply) => {
    const topics = (request.query.topics ?? '').split(',')
    eventStream(reply, (send) => dashboard.tail.follow(topics, (message) => send('records', message)))
  })
}

/** One look-up at a time: each may read much. */
function addLookUp(scope: FastifyInstance, dashboard: Dashboard): void {
  let busy = false
  scope.get<{ Params: { id: string } }>('/api/order/:id', async (request, reply) => {
    const { id } = request.params
    if (!ORDER_ID.test(id)) return reply.code(400).send({ error: 'An order id is a UUID, such as 00000000-0000-4000-8000-000000000000' }) // prettier-ignore
    if (busy) return reply.code(429).send({ error: 'Another order is being looked up; try again in a moment' })
    busy = true
    const gone = new AbortController()
    reply.raw.on('close', () => gone.abort())
    try {
      return await reply.send(await findOrder(dashboard.client, id.toLowerCase(), { budgetMs: LOOK_UP_MS, signal: gone.signal })) // prettier-ignore
    } catch (error) {
      return await reply.code(503).send({ error: `The brokers could not be asked: ${messageOf(error)}` })
    } finally {
      busy = false
    }
  })
}
