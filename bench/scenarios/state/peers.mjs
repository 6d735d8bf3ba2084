// aggregated-revenue alone: payflow, and Kafka Streams of the broker's version.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { payflowPeer, streamsPeer } from '../../rig/peers.mjs'

const WORKER = ['aggregated-revenue']
/** Nothing of these runs is quick, and none takes longer. */
export const LIMIT_MS = 4 * 3_600_000

/** `more`: of a peer, such as `endsItself: false`. `memory`: what `--state-memory` says. */
export function payflowOf(
  { home, options },
  { memory = options.state.stateMemory, args = [], state = join(home, 'state'), ...more } = {},
) {
  const settings = memory === undefined ? [] : ['--state-memory', memory]
  const peer = payflowPeer(WORKER, { args: [...settings, ...args], state, ...more })
  return { ...peer, env: { ...more.env, PAYFLOW_STATE_DIR: state } }
}

/** `transactional`: the offset in the store, and what is not committed beside it (KIP-892): a crash then leaves a store that can be gone on with. */
export function streamsOf({ cluster, home, options }, { transactional = false } = {}) {
  const config = join(home, 'streams.properties')
  if (transactional) writeFileSync(config, 'enable.transactional.statestores=true\n')
  const state = join(home, 'kafka-streams-state')
  const peer = streamsPeer(cluster.brokers, { state, kafka: options.kafka, workers: WORKER, config: transactional ? config : undefined }) // prettier-ignore
  if (!peer) return undefined
  return transactional ? { ...peer, name: 'Kafka Streams, transactional stores' } : peer
}

/** Those that were asked for and are there. */
export const chosen = ({ options }, peers) =>
  Object.entries(peers)
    .filter(([name, peer]) => options.state.peers.includes(name) && peer)
    .map(([, peer]) => peer)
