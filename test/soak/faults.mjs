import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { defaultWorkers } from '../../dist/pipeline/workers/index.js'
import { failPoints } from '../../dist/runtime/failpoint.js'
import { API } from '../support/proxy.mjs'

const { Kafka, logLevel } = kafkajs

/** What there is to break: its name, and how a command line names it. */
export const workers = defaultWorkers.map(({ name }) => ({ name, word: name }))
/** Mean time between two of a kind, in s. */
const intervals = { failPoint: 18, zombie: 25, stranger: 40, network: 20, held: 40, handOver: 12 }
/** In a transaction that hands records on: with nothing, a part, all of it written, and with its end on the way. */
const handOverPoints = ['before-offsets', 'after-first-output', 'after-outputs', 'after-offsets', 'commit-sent']
/** Where a zombie wakes with more to do than it may. */
const zombiePoints = ['before-offsets', 'after-offsets', 'after-first-output', 'after-restore', 'after-fencing', 'commit-sent'] // prettier-ignore
/** Longer than its group waits for it, shorter than its transaction may last. */
const zombieMs = 9_000
/** Shorter than a request may take, longer than a rebalance. */
const heldMs = 2_500
const lostAnswers = ['produce', 'txnOffsetCommit', 'endTxn']
/** Longer than payflow's request timeout of 10 s. */
const blackHoleMs = 13_000

/** The kinds in `yes`, `no`, or `zombie:4,held:5`: these alone, so many seconds apart. */
export function ownFaults(text) {
  if (text === 'yes') return intervals
  if (text === 'no') return {}
  const wanted = Object.fromEntries(text.split(',').map((part) => part.split(':')))
  const unknown = Object.keys(wanted).filter((kind) => !(kind in intervals))
  if (unknown.length > 0) throw new Error(`--own-faults knows ${Object.keys(intervals).join(', ')}, not ${unknown.join(', ')}`) // prettier-ignore
  return Object.fromEntries(Object.entries(wanted).map(([kind, s]) => [kind, Number(s ?? intervals[kind])]))
}

/**
 * Faults that `payflow chaos` does not know: instances that die, err or sleep at a step of the protocol, strangers with a worker's
 * transactional id, and the network's.
 */
export class Faults {
  counts = {}
  #timeline
  #random
  #payflow
  #cluster
  #partitions
  #intervals
  #workers
  #examples
  #turn = 0
  #handOvers = 0
  #zombies = 0

  /** `examples`: those of the workers that hand records on. */
  constructor({ examples, seed, payflow, cluster, partitions, timeline, intervals }) {
    this.#examples = examples
    this.#workers = [...workers, ...examples]
    this.#intervals = intervals
    this.#random = generator(seed)
    this.#payflow = payflow
    this.#cluster = cluster
    this.#partitions = partitions
    this.#timeline = timeline
  }

  /** Breaks things until `signal` is aborted. */
  async run(signal) {
    const loops = {
      failPoint: () => this.#failPoint(),
      zombie: () => this.#zombie(),
      stranger: () => this.#stranger(),
      network: () => this.#network(),
      held: () => this.#held(),
      handOver: () => this.#handOver(),
    }
    await Promise.all(
      Object.entries(this.#intervals)
        .filter(([kind]) => kind !== 'handOver' || this.#examples.length > 0)
        .map(async ([kind, meanS]) => {
          const once = loops[kind]
          const rest = () => sleep(this.#random() * 2_000 * meanS, undefined, { signal }).catch(() => undefined)
          for (await rest(); !signal.aborted; await rest())
            await once().catch((error) => this.#count(`${kind} failed`, [], String(error)))
        }),
    )
  }

  /** An instance joins, and dies at a step of the protocol; or meets an error there and goes on. */
  async #failPoint() {
    const point = failPoints[this.#turn % failPoints.length]
    const action = Math.floor(this.#turn++ / failPoints.length) % 3 === 2 ? 'error' : 'kill'
    const { name: worker, word } = this.#pick(this.#workers)
    const instance = this.#payflow.start(['worker', word], {
      env: { ...this.#payflow.env, PAYFLOW_FAILPOINT: `${point}:${action}` },
      onLine: () => undefined,
    })
    const timeout = setTimeout(() => instance.kill('SIGTERM'), action === 'error' ? 12_000 : 25_000)
    const { signal } = await instance.ended
    clearTimeout(timeout)
    if (action === 'error') this.#count(`fail point ${point} (error)`, [worker])
    else this.#count(signal === 'SIGKILL' ? `fail point ${point}` : 'fail point not reached', [worker])
  }

  /** An instance of an example joins and is killed while it hands records on, in its first transactions or in later ones. */
  async #handOver() {
    const point = handOverPoints[this.#handOvers % handOverPoints.length]
    const nth = 1 + (Math.floor(this.#handOvers++ / handOverPoints.length) % 6)
    const { name, word } = this.#pick(this.#examples)
    const env = { ...this.#payflow.env, PAYFLOW_FAILPOINT: `${point}:kill:${nth}` }
    const instance = this.#payflow.start(['worker', word], { env, onLine: () => undefined })
    const timeout = setTimeout(() => instance.kill('SIGTERM'), 40_000)
    const { signal } = await instance.ended
    clearTimeout(timeout)
    this.#count(signal === 'SIGKILL' ? `hand-over killed ${point}` : 'hand-over not reached', [name])
  }

  /** An instance joins, sleeps at a step of the protocol until another one has its partitions, and goes on in the middle of it. */
  async #zombie() {
    const point = zombiePoints[this.#zombies++ % zombiePoints.length]
    const { name: worker, word } = this.#pick(this.#workers)
    const env = { ...this.#payflow.env, PAYFLOW_FAILPOINT: `${point}:freeze` }
    const instance = this.#payflow.start(['worker', word], { env, onLine: () => undefined })
    const slept = await isStopped(instance.pid, 20_000)
    if (slept) {
      this.#note('falls asleep', [worker])
      await sleep(zombieMs)
    }
    this.#note('wakes', [worker])
    // again and again: a slow one may fall asleep only now
    const waking = setInterval(() => instance.kill('SIGCONT'), 500)
    instance.kill('SIGCONT')
    await sleep(3_000)
    instance.kill('SIGTERM')
    await instance.ended
    clearInterval(waking)
    this.#count(slept ? `asleep ${point}` : 'fail point not reached', [worker])
  }

  /** What ends transactions is slow, while groups go on: a transaction is undecided long after its partitions have gone elsewhere. */
  async #held() {
    this.#note('ends of transactions held', this.#names)
    for (const { held } of this.#cluster.proxies) held.set(API.endTxn, heldMs)
    await sleep(8_000)
    for (const { held } of this.#cluster.proxies) held.delete(API.endTxn)
    this.#count('ends of transactions held', this.#names)
  }

  async #stranger() {
    const { name: worker } = this.#pick(this.#workers)
    const transactionalId = `payflow-${worker}-${Math.floor(this.#random() * this.#partitions)}`
    const kafka = new Kafka({ brokers: this.#cluster.direct, logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    try {
      await producer.connect()
      await (await producer.transaction()).abort()
      this.#count('transactional id taken over', [worker])
    } finally {
      await producer.disconnect().catch(() => undefined)
    }
  }

  async #network() {
    const proxy = this.#pick(this.#cluster.proxies)
    const draw = this.#random()
    if (draw < 0.2) {
      proxy.cut()
      this.#count('connections cut', this.#names)
    } else if (draw < 0.3) {
      proxy.delayMs = 100 + this.#random() * 200
      await sleep(5_000)
      proxy.delayMs = 0
      this.#count('network slow', this.#names)
    } else if (draw < 0.4) {
      this.#timeline.push({ atMs: Date.now(), kind: 'black hole', away: true })
      proxy.blackHole = true
      await sleep(blackHoleMs)
      proxy.blackHole = false
      this.#timeline.push({ atMs: Date.now(), kind: 'black hole', back: true })
      this.#count('network swallowed everything', this.#names)
    } else {
      const api = this.#pick(lostAnswers)
      const before = proxy.lost.get(API[api]) ?? 0
      proxy.loseAnswers(API[api], 1 + Math.floor(this.#random() * 3))
      await sleep(3_000)
      proxy.loseAnswers(API[api], 0)
      const lost = (proxy.lost.get(API[api]) ?? 0) - before
      if (lost > 0) this.#count(`answers of ${api} lost`, this.#names, '', lost)
    }
  }

  get #names() {
    return this.#workers.map(({ name }) => name)
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)]
  }

  #count(kind, concerned, detail = '', times = 1) {
    this.counts[kind] = (this.counts[kind] ?? 0) + times
    this.#note(kind, concerned, detail)
  }

  #note(kind, concerned, detail = '') {
    this.#timeline.push({ atMs: Date.now(), kind, workers: concerned, detail })
  }
}

/** Whether a process has stopped itself, within so many ms. */
async function isStopped(pid, patienceMs) {
  const deadline = performance.now() + patienceMs
  for (;;) {
    if (/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true
    if (performance.now() > deadline) return false
    await sleep(100)
  }
}

/** mulberry32: the same seed, the same numbers. */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
