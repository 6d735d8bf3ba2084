import type { Observed } from '../app/metrics/observed.ts'
import type { Routes } from './http.ts'

/** `/metrics` for Prometheus, `/livez` and `/readyz` for whoever restarts processes and sends them work. None of them asks a broker for itself. */
export const observedRoutes =
  ({ metrics, live, ready }: Observed): Routes =>
  (server) => {
    server.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()))
    for (const [path, look] of [
      ['/livez', live],
      ['/readyz', ready],
    ] as const)
      // prettier-ignore
      server.get(path, (_, reply) => {
        const { ok, ...rest } = look()
        return reply.code(ok ? 200 : 503).send({ ok, ...rest })
      })
  }
