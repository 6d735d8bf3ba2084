// From a peer's start to its first commit, and to the commit of all of its input.
import { setTimeout as sleep } from 'node:timers/promises'
import { inputs } from './cluster.mjs'
import { start } from './processes.mjs'

const LOOK_MS = 50

const reached = (committed, ends, slack) =>
  [...committed].every(([key, offset]) => !ends.get(key) || offset >= ends.get(key) - slack)

/** How much of what was there is committed, from 0 to 1. */
function shareOf(committed, ends) {
  let [done, all] = [0, 0]
  for (const [key, offset] of committed) {
    const end = ends.get(key) ?? 0
    done += Math.min(offset, end)
    all += end
  }
  return all === 0 ? 1 : done / all
}

/** Runs a peer until its groups have committed all they read. In a topic that it writes itself the end of a transaction takes an offset, which nobody has to commit. `onLook` gets how much of the inputs is committed, the seconds, and the run. */
export async function timed(cluster, peer, env, { limitMs = 240_000, broker, onLook } = {}) {
  const derived = [...new Set(Object.values(peer.groups).flat())].filter((topic) => !inputs.includes(topic))
  const given = await cluster.ends(inputs)
  const before = await cluster.committed(peer.groups)
  const brokerBefore = broker?.cpu() ?? 0
  const started = performance.now()
  const run = start(peer, env)
  const seconds = () => (performance.now() - started) / 1000
  let first
  let done
  while (done === undefined && seconds() * 1000 < limitMs) {
    const committed = await cluster.committed(peer.groups)
    if ([...committed].some(([key, offset]) => offset > (before.get(key) ?? 0))) first ??= seconds()
    onLook?.(shareOf(committed, given), seconds(), run)
    if (reached(committed, given, 0) && reached(committed, await cluster.ends(derived), 1)) done = seconds()
    else if (!run.running()) break
    else await sleep(LOOK_MS)
  }
  const brokerCpuSeconds = (broker?.cpu() ?? 0) - brokerBefore
  const cost = await run.end({ patienceMs: done !== undefined && peer.endsItself ? 10_000 : 0 })
  if (done === undefined)
    throw new Error(`${peer.name} did not finish (${seconds().toFixed(0)} s):\n${run.stderr().slice(-2_000)}`)
  return { seconds: done, firstCommit: first ?? done, brokerCpuSeconds, ...cost }
}
