// Runs one isolated worker (test/support/isolated.ts) from the built package in a process of its own, so that it can be killed.
// Usage: node worker-process.mjs '{"brokers":[…],"base":"aggregated-revenue" or the URL of a module that makes a definition,"name":…,"topics":{alias: name},"output":…}'
const {
  brokers,
  base,
  name,
  topics,
  output,
  untilCaughtUp = false,
  sessionTimeoutMs = 1_000,
  transactionTimeoutMs = 5_000,
  state,
  dist = new URL('../../dist', import.meta.url).href,
} = JSON.parse(process.argv[2])
const [payflow, { findWorker }, { runWorkers }] = await Promise.all(
  ['index.js', 'pipeline/workers/index.js', 'runtime/run-workers.js'].map((file) => import(`${dist}/${file}`)),
)
const worker = findWorker(base) ?? { ...(await import(base)).default(payflow), file: base }
const inputs = Object.fromEntries(
  Object.entries(worker.inputs).map(([alias, topic]) => [alias, { ...topic, name: topics[alias] }]),
)
const definition = { ...worker, name, inputs, output: { ...worker.output, name: output } }
const options = Object.fromEntries(
  Object.entries(worker.options ?? {}).map(([option, { parse, default: text }]) => [option, parse(text)]),
)
const ended = new AbortController()
process.once('SIGTERM', () => ended.abort())

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const summaries = await runWorkers({
  client: { brokers },
  workers: [{ definition, options }],
  replicationFactor: 1,
  sessionTimeoutMs,
  transactionTimeoutMs,
  untilCaughtUp,
  ...(state && { state }),
  signal: ended.signal,
  onEvent: say,
})
say({ kind: 'summary', ...summaries[0] })
