// State larger than memory: `--only state [--part uniform,hot,restart,payments] [--keys 20000000]`; see README.md.
import { outputs } from '../rig/cluster.mjs'
import { hot } from './state/hot.mjs'
import { payments } from './state/payments.mjs'
import { restart } from './state/restart.mjs'
import { uniform } from './state/uniform.mjs'

export const title = 'State larger than memory'

const parts = { uniform, hot, restart, payments }

export async function run(context) {
  const peers = {}
  for (const part of context.options.state.parts) {
    context.report(`  ${part}`)
    for (const [name, row] of Object.entries(await parts[part](context))) peers[`${part}: ${name}`] = row
    // what is not needed any more may be gigabytes
    await context.cluster.fresh(outputs)
  }
  return { peers }
}
