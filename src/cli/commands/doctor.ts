import { isAbsolute, join } from 'node:path'
import type { Command } from 'commander'
import type { Check } from '../../check.ts'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth } from '../shell/output.ts'
import type { World } from '../shell/world.ts'

export function registerDoctor(program: Command, world: World): void {
  const doctor = program
    .command('doctor')
    .description('look for what is wrong: this machine, the brokers, topics, groups, transactions')
    .option('--fix', 'put right what is safe: records and locks that nobody holds any more')
    .option('--bundle <file>', 'also write findings, settings without secrets, versions and ends of logs to a file')
    .action(action(world, run))
  examples(doctor, 'payflow doctor', 'payflow doctor --brokers kafka-1:9092 --json', 'payflow doctor --bundle report.md') // prettier-ignore
}

interface Options {
  readonly fix?: boolean
  readonly bundle?: string
}

async function run(context: Context, { fix = false, bundle }: Options): Promise<void> {
  const { world, settings, output, log, signal } = context
  const { examine, fixed } = await import('../../app/doctor/examine.ts')
  const { checkLines } = await import('../views/doctor.ts')
  const width = Math.max(lineWidth(world), 40)
  const show = (check: Check): void => {
    if (!output.json) for (const line of checkLines(check, output.out, width)) output.line(line)
  }
  const found = await examine(settings, { env: world.env, log, signal, report: show })
  const { checks, fixed: mended } = fix ? await fixed(settings, found) : { checks: found, fixed: [] }
  const findings = checks.flatMap(({ name, findings: of }) => of.map(({ fix: mend, ...finding }) => ({ check: name, ...finding, fixable: mend !== undefined }))) // prettier-ignore
  if (output.json)
    output.document({
      ok: findings.length === 0,
      findings,
      fixed: mended,
      checks: checks.map(({ name, summary, unknown = false }) => ({ check: name, summary, unknown })),
    })
  for (const what of mended) output.note(`fixed: ${what}`)
  if (bundle !== undefined) {
    const { bundleText, writeBundle } = await import('../../app/doctor/bundle.ts')
    writeBundle(isAbsolute(bundle) ? bundle : join(world.cwd, bundle), await bundleText(settings, checks))
    output.note(`wrote ${bundle}: look through it before you hand it on`)
  }
  if (findings.length === 0) {
    if (!output.json) output.line('Nothing is wrong')
    return
  }
  const [first] = findings
  const fixable = findings.filter((finding) => finding.fixable).length
  throw new PayflowError('FINDINGS', findings.length === 1 ? first!.what : `${findings.length} findings`, {
    kind: 'failed',
    hint: fixable > 0 ? 'each has its command above; `payflow doctor --fix` does the safe ones' : findings.length === 1 ? first!.hint : 'each has its command above', // prettier-ignore
  })
}
