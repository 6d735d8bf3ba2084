import type { Command } from 'commander'
import { visible } from '../../visible-text.ts'
import { formatNumber } from '../shell/format-number.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth, table } from '../shell/output.ts'
import type { Column } from '../views/top/fit-table.ts'
import type { World } from '../shell/world.ts'
import { registerGroupReset } from './group-reset.ts'

export function registerGroups(program: Command, world: World): void {
  const groups = program.command('groups').description('consumer groups: state, members and lag; move their offsets')
  examples(groups, 'payflow groups list', 'payflow groups describe payflow-large-orders --json')
  const list = groups.command('list').description('all groups').action(action(world, runList))
  examples(list, 'payflow groups list', 'payflow groups list --json')
  const describe = groups
    .command('describe')
    .argument('<group>', 'its name, such as payflow-large-orders')
    .description('committed offsets, lag and members of a group')
    .action(action(world, runDescribe))
  examples(
    describe,
    'payflow groups describe payflow-large-orders',
    'payflow groups describe payflow-large-orders --json',
  )
  registerGroupReset(groups, world)
}

async function runList({ settings, world, output, log }: Context): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { listWithLag } = await import('../../app/groups.ts')
  const onMissing = (what: string): void => output.note(`Groups are missing from this list: ${what}`)
  const groups = await withCluster(settings, log, (client) => listWithLag(client, onMissing))
  const { fitTable } = await import('../views/top/fit-table.ts')
  const number = (value: number | null): string => (value === null ? '?' : formatNumber(value))
  const columns: Column<(typeof groups)[number]>[] = [
    { title: 'group', cell: ({ group }) => visible(group), shrinksTo: 16, cutAt: 'middle' },
    { title: 'state', cell: ({ state }) => state },
    { title: 'protocol', cell: ({ type }) => type },
    { title: 'members', cell: ({ members }) => number(members), right: true },
    { title: 'lag', cell: ({ lag }) => number(lag), right: true },
  ]
  const { head, lines } = fitTable(columns, groups, { width: lineWidth(world) })
  output.result(groups, () => [head, ...lines])
}

async function runDescribe(
  { settings, output, log }: Context,
  _: object,
  [name = '']: readonly string[],
): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { describeWithLag } = await import('../../app/groups.ts')
  const { group, state, type, members, partitions, ...described } = await withCluster(settings, log, (client) =>
    describeWithLag(client, name),
  )
  const lag = type === 'share' ? null : described.lag
  const offsets = partitions.map((p) => [p.topic, p.partition, p.committed ?? '-', p.end, p.lag])
  const people = (members ?? []).map(({ clientId, host, id }) => [clientId, host, id].map(visible))
  output.result({ group, state, type, lag, partitions, members }, () => [
    `${visible(group)}  ${state}${type === 'classic' ? '' : ` (${type} protocol)`}, lag ${lag === null ? '?' : formatNumber(lag)}`,
    ...(offsets.length > 0 ? ['', ...table(['topic', 'partition', 'committed', 'end', 'lag'], offsets)] : []),
    ...(people.length > 0 ? ['', ...table(['member', 'host', 'id'], people)] : []),
  ])
}
