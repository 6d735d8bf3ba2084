import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Dashboard } from '../../app/dashboard/dashboard.ts'
import { observedBy } from '../../app/dashboard/observed.ts'
import type { Log } from '../../log.ts'
import { parseListen } from '../../settings/address.ts'
import type { Settings } from '../../settings/resolve.ts'
import { isLoopback } from '../../web/access.ts'
import { dashboardRoutes } from '../../web/dashboard-routes.ts'
import { openHttp } from '../../web/http.ts'
import { loadPage } from '../../web/page.ts'

const TOKEN_BYTES = 24

export interface ShownDashboard {
  readonly dashboard: Dashboard
  readonly url: string
  /** What to open in a browser: the same, with the token where one is needed. */
  readonly open: string
  /** When the signal is aborted and everything is closed. */
  readonly ended: Promise<void>
}

interface PageOptions {
  readonly address: string
  readonly signal: AbortSignal
  readonly log: Log
}

/** Serves the page until `signal` is aborted. @throws PayflowError when the address cannot be listened on */
export async function showDashboard(settings: Settings, options: PageOptions): Promise<ShownDashboard> {
  const { signal, log } = options
  const page = loadPage()
  const address = parseListen(options.address)!
  const token = isLoopback(address.host) ? undefined : (settings.dashboardToken ?? randomBytes(TOKEN_BYTES).toString('base64url')) // prettier-ignore
  const dashboard = new Dashboard(settings, { signal, log })
  const { url, close } = await openHttp(
    address,
    dashboardRoutes({ dashboard, page, access: { token }, observed: await observedBy(dashboard) }),
  )
  dashboard.start()
  const end = async (): Promise<void> => {
    if (!signal.aborted) await once(signal, 'abort')
    await close()
    await dashboard.close()
  }
  const open = token === undefined ? url : `${url}/?token=${encodeURIComponent(token)}`
  return { dashboard, url, open, ended: end() }
}
