import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { addSettings } from '../shell/setting-options.ts'
import { PAGE_ADDRESS } from '../tasks/page-address.ts'
import type { World } from '../shell/world.ts'

export function registerDashboard(program: Command, world: World): void {
  const dashboard = program
    .command('dashboard')
    .description('a page in the browser: verdict, flow, money, lag, dead letters, orders; it changes nothing')
    .action(action(world, run))
  addSettings(dashboard, 'http')
  examples(
    dashboard,
    'payflow dashboard',
    'payflow dashboard --http 127.0.0.1:0',
    'payflow dashboard --http 0.0.0.0:8808',
  )
}

async function run({ world, settings, output, signal, log }: Context): Promise<void> {
  world.stopWith({ message: 'Stopping', outcome: 'done' })
  const [{ reach }, { showDashboard }] = await Promise.all([import('../../app/cluster.ts'), import('../tasks/dashboard.ts')]) // prettier-ignore
  await reach(settings)
  const { url, open, ended } = await showDashboard(settings, {
    ...{ address: settings.http ?? PAGE_ADDRESS, signal, log },
  })
  output.result({ url, open }, () => [open])
  output.note('Ctrl-C stops')
  await ended
}
