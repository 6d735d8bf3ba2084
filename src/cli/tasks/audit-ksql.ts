import { auditKsql, type KsqlAudit } from '../../app/audit/ksql.ts'
import { withCluster } from '../../app/cluster.ts'
import { PayflowError } from '../../errors.ts'
import type { Context } from '../shell/action.ts'
import { table, type Palette } from '../shell/output.ts'
import { visible } from '../../visible-text.ts'
import { runSteps } from './steps.ts'

const SHOWN = 5

function reportLines({ ok, comparisons }: KsqlAudit, { bold, green, red }: Palette): string[] {
  const rows = comparisons.map((one) => [one.what, one.workers, one.ksql, one.onlyWorkers, one.onlyKsql])
  return [
    ...table(['what', 'workers', 'ksqlDB', 'only workers', 'only ksqlDB'], rows),
    '',
    ...comparisons.flatMap(
      ({ what, differences }) =>
      differences.length === 0
        ? []
        : [bold(`${what}, the first differences:`), ...differences.slice(0, SHOWN).map(({ only, event }) => `  only ${only}: ${visible(event)}`)], // prettier-ignore
    ),
    ...comparisons.flatMap(({ what, note }) => (note === undefined ? [] : [`${what}: ${note}`])),
    ok ? green('right: both engines say the same') : red('wrong: the engines differ'),
  ]
}

/** @throws PayflowError (difference) when the engines differ */
export async function runKsqlAudit({ world, settings, output, signal, log }: Context): Promise<void> {
  world.stopWith({ message: 'Stopping the audit', outcome: 'interrupted' })
  let audit: KsqlAudit | undefined
  const run = (report: (line: string) => void): Promise<string> =>
    withCluster(settings, log, async (client) => {
      audit = await auditKsql(settings, client, { signal, report })
      return audit.ok ? 'the same' : 'not the same'
    })
  await runSteps(world, output, [{ title: 'Workers and ksqlDB', run }])
  output.result(audit!, () => reportLines(audit!, output.out))
  const wrong = audit!.comparisons.filter(({ onlyWorkers, onlyKsql }) => onlyWorkers + onlyKsql > 0)
  if (wrong.length === 0) return
  const figures = wrong.map(({ what, onlyWorkers, onlyKsql }) => `${what}: ${onlyWorkers} only the workers', ${onlyKsql} only ksqlDB's`) // prettier-ignore
  throw new PayflowError('DIFFERENCE', `The workers and ksqlDB differ. ${figures.join('; ')}`, {
    kind: 'difference',
    hint: 'see which is right with `payflow audit`; workers that ran with other options differ from the SQL by design',
  })
}
