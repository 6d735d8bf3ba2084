import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { Figures } from '../metrics/figures.ts'
import { showLags } from '../metrics/lag.ts'
import { showAudits } from '../metrics/last-audit.ts'
import { lookOf, type Observed } from '../metrics/observed.ts'
import { showVersion } from '../metrics/version.ts'
import type { Dashboard } from './dashboard.ts'

/** The lags that the page shows, for Prometheus; ready means that the brokers answer. A scrape asks nobody. */
export async function observedBy(dashboard: Dashboard): Promise<Observed> {
  const { exposition } = await import('../metrics/registry.ts')
  const figures = new Figures()
  const workers = defaultWorkers.map(({ name }) => name)
  showVersion(figures)
  const metrics = exposition(figures, () => {
    showLags(figures, dashboard.lags)
    showAudits(figures, dashboard.settings, workers)
    return Promise.resolve()
  })
  const problems = (): string[] => {
    const { sampledMs, trouble } = dashboard.frame
    if (sampledMs === null) return [`the brokers have not answered yet${trouble === null ? '' : `: ${trouble}`}`]
    return trouble === null ? [] : [`the brokers do not answer: ${trouble}`]
  }
  return { metrics, live: () => lookOf([]), ready: () => lookOf(problems()) }
}
