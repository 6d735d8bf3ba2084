import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Prometheus' own tool, where there is one: PAYFLOW_TEST_PROMTOOL, or on the PATH (Debian's package prometheus has it). */
const program = process.env.PAYFLOW_TEST_PROMTOOL ?? 'promtool'
export const hasPromtool = spawnSync(program, ['--version']).status === 0

export const rulesFile = fileURLToPath(new URL('../../deploy/prometheus/payflow-alerts.yml', import.meta.url))

/** Runs it, and returns whether it is content and what it says. */
export function promtool(argv: readonly string[], input = ''): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(program, argv, { input, encoding: 'utf8' })
  return { ok: status === 0, output: stdout + stderr }
}

/** One sample a series, as `/metrics` shows them: `name{label="value"}` → value. */
export const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => /^payflow_/.test(line))
      .map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), Number(line.slice(space + 1))] as const
      }),
  )

export interface Scrape {
  /** ms */
  readonly atMs: number
  readonly text: string
}

const STEP_S = 10
/** How long what was scraped at first had been so, and how long what came then goes on in the same way. */
const [CALM_STEPS, ON_STEPS] = [60, 90]

/**
 * The alerts of `deploy/` that fire, at any time, for what was really scraped: of a process that was well, and twice of one that is not, as
 * if that went on as it did between the two.
 */
export function firing(well: Scrape, first: Scrape, second: Scrape): string[] {
  const [calm, one, other] = [well, first, second].map(({ text }) => samplesOf(text)) as [Samples, Samples, Samples]
  const seconds = Math.max(0.001, (second.atMs - first.atMs) / 1000)
  const series = [...new Set([...calm.keys(), ...other.keys()])].map((name) => {
    const before = calm.get(name)
    const [from, to] = [one.get(name) ?? other.get(name), other.get(name)]
    const slope = from === undefined || to === undefined ? 0 : ((to - from) / seconds) * STEP_S
    const start = before === undefined ? `_x${CALM_STEPS}` : `${before}+0x${CALM_STEPS - 1}`
    const end =
      to === undefined ? `_x${ON_STEPS}` : `${to}${slope < 0 ? '-' : '+'}${Math.abs(slope).toFixed(6)}x${ON_STEPS - 1}`
    return { series: name.includes('{') ? name : `${name}{}`, values: `${start} ${end}` }
  })
  const times = Array.from({ length: ON_STEPS / 6 }, (_, i) => (CALM_STEPS + (i + 1) * 6 - 1) * STEP_S)
  const alerts = [...readFileSync(rulesFile, 'utf8').matchAll(/alert: (\w+)/g)].map(([, name = '']) => name)
  const never = alerts.flatMap((alertname) =>
    times.map((time) => ({ eval_time: `${time}s`, alertname, exp_alerts: [] })),
  )
  const test = { interval: `${STEP_S}s`, input_series: series, alert_rule_test: never }
  const directory = mkdtempSync(join(tmpdir(), 'payflow-promtool-'))
  try {
    const path = join(directory, 'test.yml')
    // JSON is YAML
    writeFileSync(path, JSON.stringify({ rule_files: [rulesFile], evaluation_interval: `${STEP_S}s`, tests: [test] }))
    const { ok, output } = promtool(['test', 'rules', path])
    const fired = [...new Set([...output.matchAll(/alertname: ?(\w+), time/g)].map(([, name = '']) => name))]
    if (ok !== (fired.length === 0)) throw new Error(output)
    return fired
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
type Samples = Map<string, number>
