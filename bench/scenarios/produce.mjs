// What one producer process can write: acks=all, idempotent, events generated as they go.
import { fileURLToPath } from 'node:url'
import { payflow } from '../rig/peers.mjs'
import { start } from '../rig/processes.mjs'
import { inTurn } from '../rig/rounds.mjs'

export const title = 'Producers'
const bare = fileURLToPath(new URL('../peers/kafkajs/produce.mjs', import.meta.url))

export async function run({ cluster, options, env, report }) {
  const count = options.quick ? 200_000 : 1_000_000
  const one = async (name, records, ...command) => {
    await cluster.fresh(['orders'])
    const started = performance.now()
    const child = start({ name, commands: [[process.execPath, ...command]] }, env)
    await child.exited()
    const seconds = (performance.now() - started) / 1000
    const { cpuSeconds, rssMb, exitCodes } = await child.end()
    const ends = await cluster.ends(['orders'])
    const written = [...ends.values()].reduce((sum, end) => sum + end, 0)
    if (exitCodes[0] !== 0 || written !== records)
      throw new Error(`${name} wrote ${written} of ${records}: ${child.stderr().slice(-500)}`)
    return {
      perSecond: JSON.parse(child.stdout()).perSecond,
      wholePerSecond: Math.round(records / seconds),
      cpuSeconds,
      rssMb,
    }
  }
  const runs = {
    payflow: () =>
      one(
        'payflow',
        count,
        payflow,
        'produce',
        'orders',
        '--rate',
        'max',
        '--count',
        String(count),
        '--seed',
        '7',
        '--json',
      ),
    'bare kafkajs': () => one('bare kafkajs', count / 4, bare, String(count / 4)),
  }
  return { events: count, peers: await inTurn(options.rounds, runs, report) }
}
