import { durationText } from '../../duration-text.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import { isBehind } from '../monitor/verdict.ts'
import type { Look } from './facts.ts'
import { at, count, percent, records, startOf, timeText } from './words.ts'

// What the brokers know of why a worker lags.

/** A partition with so many times its part of the lag is skewed. */
const SKEWED = 1.6
const HEAVY_SHARE = 0.2

export const topicMissing: Look = ({ topicsMissing }) =>
  topicsMissing.length === 0
    ? []
    : [{ kind: 'topic-missing', text: `It cannot read ${topicsMissing.join(', ')}: there is no such topic`, evidence: 'the brokers do not list it', command: 'payflow topics create' }] // prettier-ignore

export const noLeader: Look = ({ view }) => {
  const away = view.partitions.filter(({ leader, lag }) => leader === null || lag === null)
  if (away.length === 0) return []
  return [
    {
      kind: 'no-leader',
      text: `It cannot read ${away.map(at).join(', ')}: no broker that leads ${away.length === 1 ? 'it' : 'them'} answers`,
      evidence: away.map((each) => `${at(each)}: ${each.leader === null ? 'no leader' : `broker ${each.leader} does not answer`}`).join('; '), // prettier-ignore
      command: 'payflow infra status',
    },
  ]
}

export const heldTransaction: Look = ({ nowMs, held }) =>
  held.map(({ topic, partition, records: waiting, transaction }) => {
    const { producerId, transactionalId, since, timeoutMs } = transaction ?? {}
    const who = producerId === undefined ? 'a producer that the brokers do not name' : `producer ${producerId}${transactionalId === undefined ? '' : ` (transactional id ${transactionalId})`}` // prettier-ignore
    const sinceText = since === undefined ? '' : `, open since ${timeText(since)} UTC (${durationText(Math.max(0, nowMs - since) / 1000)})` // prettier-ignore
    const end = timeoutMs === undefined || since === undefined ? '' : `; its coordinator ends it at ${timeText(since + timeoutMs)} UTC` // prettier-ignore
    return {
      kind: 'held-transaction',
      text: `${topic}/${partition} waits for a transaction of ${who}${sinceText}${end}`,
      evidence: `${count(waiting)} offsets lie behind the last stable one; end that producer, or wait until its transaction times out`,
      command: 'payflow doctor',
    }
  })

export const skewed: Look = ({ view, heaviest }) => {
  const { skew } = view
  if (!isBehind(view) || !skew || skew.share < Math.min(0.9, SKEWED * skew.even)) return []
  const lag = view.partitions.find((each) => each.topic === skew.topic && each.partition === skew.partition)?.lag ?? 0
  const heavy = heaviest && heaviest.sampled > 0 && heaviest.records / heaviest.sampled >= HEAVY_SHARE
  const because = heavy ? `, because of key ${heaviest.key}` : ''
  const keys = heaviest && heaviest.sampled > 0 ? `; of its next ${records(heaviest.sampled)} ${count(heaviest.records)} (${percent(heaviest.records / heaviest.sampled)}) have key ${heaviest.key}` : '' // prettier-ignore
  return [
    {
      kind: 'skew',
      text: `Partition ${skew.partition} of ${skew.topic} has ${percent(skew.share)} of its lag${because}`,
      evidence: `${records(lag)} of ${count(view.lag)} wait there; an even part is ${percent(skew.even)}${keys}`,
      command: `payflow groups describe ${groupOf(view.worker)}`,
    },
  ]
}

const AHEAD = 1.05

/** How what comes and what is done compare. */
export const pace: Look = ({ view, arrivingPerSecond, processedPerSecond, seconds }) => {
  const { trend, secondsToEmpty, members, running } = view
  if (!running || !isBehind(view) || arrivingPerSecond === null || processedPerSecond === null) return []
  const partitions = new Set(view.partitions.map(({ partition }) => partition)).size
  const more = (members ?? 0) < partitions
  const evidence = `over ${Math.round(seconds)} s ${count(arrivingPerSecond)} records a second came, ${count(processedPerSecond)} were processed; ${members ?? 0} ${members === 1 ? 'member' : 'members'} for ${partitions} partitions` // prettier-ignore
  const help = more ? startOf(view) : `payflow topics add-partitions ${view.inputs[0] ?? ''} ${partitions * 2} --dry-run` // prettier-ignore
  if (trend === 'growing' || arrivingPerSecond > processedPerSecond * AHEAD)
    return [{ kind: 'outpaced', text: `More comes than it processes${more ? '' : ', and each partition has a process of its own already'}`, evidence, command: help }] // prettier-ignore
  if (trend === 'draining' || processedPerSecond > arrivingPerSecond * AHEAD) {
    const end = secondsToEmpty === null ? '' : `: caught up in about ${durationText(secondsToEmpty)}`
    return [{ kind: 'catching-up', text: `It is catching up${end}`, evidence, command: 'payflow top' }]
  }
  return [{ kind: 'not-gaining', text: 'It keeps pace with what comes, and gets no nearer to it', evidence, command: help }] // prettier-ignore
}
