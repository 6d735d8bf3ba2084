import { stalls } from './stalls.mjs'

/** payflow's session timeout. */
const sessionMs = 6_000
const limits = { afterWorkerFault: sessionMs + 10_000, afterBrokerBack: 30_000 }
/** A last third that took so much more than the one before is no plateau. */
const growth = 1.3

/** Everything that one run has found, and what of it must not be. */
export function judge(run) {
  const { chaos, own, timeline, rounds, memory, watched, verified, audit } = run
  const violations = Object.entries(verified.violations).map(([kind, { times, examples }]) => ({
    kind,
    times,
    examples,
  }))
  const violate = (kind, ...examples) => violations.push({ kind, times: 1, examples })
  if (chaos.code !== 0) violate('payflow chaos', `ended with ${chaos.code}`)
  if (audit.code !== 0) violate('payflow audit', `ended with ${audit.code}`, JSON.stringify(audit.report).slice(0, 500))
  for (const round of rounds) if (!round.ok) violate('did not catch up', JSON.stringify(round.behind))
  for (const { nothingHangsAfterS: seconds } of rounds) if (seconds > 60) violate('a transaction hung', `${seconds} s`)
  if (Object.values(verified.aborted).every((records) => records === 0))
    violate('no fault has bitten: nothing was aborted')
  // What comes later is no steady flow.
  const gaps = watched.gaps.filter(({ toMs }) => toMs <= run.loadEndMs)
  const longest = stalls(gaps, timeline)
  for (const [kind, most] of Object.entries(limits))
    if (longest[kind].ms > most) violate(`stood still, ${kind}`, JSON.stringify(longest[kind]))
  for (const [whose, [, second, third]] of Object.entries(memory))
    if (third > second * growth) violate('memory grows', `${whose}: ${memory[whose].join(', ')} MB`)
  return { ...run, watched: undefined, violations, stalls: longest, faults: { ...faultsOf(chaos), ...own } }
}

const faultsOf = ({ documents }) =>
  Object.fromEntries(
    (documents.find((document) => document.kinds)?.kinds ?? []).map(({ kind, faults }) => [kind, faults]),
  )

/** A fault of the brokers' (replicas.py): the readers that check here do not hide those records when such a replica leads; payflow does. */
function leftOut(indexes) {
  const count = Object.values(indexes).reduce((sum, list) => sum + list.length, 0)
  return count > 0 ? [`- aborted transactions that a replica's index may leave out: ${count} (${Object.keys(indexes).slice(0, 5).join(', ')})`] : [] // prettier-ignore
}

export function markdown(report) {
  const {
    options,
    acked,
    violations,
    verified,
    indexes,
    stalls: still,
    memory,
    rounds,
    deaths,
    faults,
    seconds,
  } = report
  const list = (figures) => Object.entries(figures).map(([name, n]) => `${name} ${n.toLocaleString('en')}`).join(', ') // prettier-ignore
  const ownDeaths = deaths.filter((line) => !/killed by SIGKILL/.test(line))
  return [
    `# Soak of ${options.minutes} minutes, seed ${options.seed}, ${options.nodes} brokers${options.mutate === 'none' ? '' : `, mutation ${options.mutate}`}`,
    '',
    violations.length === 0 ? '**No violation.**' : `**${violations.length} kinds of violation:**`,
    ...violations.map(({ kind, times, examples }) => `- ${kind} (${times}): ${examples.slice(0, 2).join('; ')}`),
    '',
    `- faults: ${list(faults)}`,
    `- acknowledged: ${list(acked)}`,
    `- read back: ${list(verified.outputs)}`,
    `- aborted records: ${list(verified.aborted)}`,
    `- state: ${Object.entries(verified.state).map(([w, { keys, records, offsets }]) => `${w} ${keys} keys (${records} records of ${offsets} offsets)`).join(', ')}`, // prettier-ignore
    ...leftOut(indexes),
    `- longest time without progress: ${(still.afterWorkerFault.ms / 1000).toFixed(1)} s after a worker's fault, ${(still.afterBrokerBack.ms / 1000).toFixed(1)} s after a broker was back`,
    `- caught up after ${rounds.map(({ caughtUpAfterS }) => `${caughtUpAfterS} s`).join(', ')}; nothing hung after ${rounds.map(({ nothingHangsAfterS }) => `${nothingHangsAfterS} s`).join(', ')}`,
    `- memory in thirds of the time: workers at most ${memory.workers.join(', ')} MB, their supervisor ${memory.supervisor.join(', ')} MB`,
    `- processes that ended by themselves and were started again: ${ownDeaths.length}${ownDeaths
      .slice(0, 5)
      .map((line) => `\n  - ${line}`)
      .join('')}`,
    `- ${seconds} s in all`,
    '',
  ].join('\n')
}
