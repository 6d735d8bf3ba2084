/** The arrow of imports: cli → web → app → runtime | infra | ksql → kafka → pipeline; the leaves come from anywhere but pipeline. */
const above = {
  pipeline: '^src/(kafka|runtime|infra|ksql|app|web|cli|errors|settings)',
  kafka: '^src/(runtime|infra|ksql|app|web|cli)',
  runtime: '^src/(infra|ksql|app|web|cli)',
  infra: '^src/(runtime|ksql|app|web|cli)',
  ksql: '^src/(runtime|infra|app|web|cli)',
  app: '^src/(web|cli)',
  web: '^src/cli',
}

/** Folders of a room, top floor first: a folder imports from the floors below it, never from its own floor or above. */
const floors = {
  app: [
    ['doctor'],
    ['run', 'trace'],
    ['dashboard', 'why'],
    ['overview'],
    ['chaos', 'audit', 'acl', 'init'],
    ['workers'],
    ['topics', 'dead-letters', 'tail', 'group-reset', 'placement', 'tracing'],
    ['metrics'],
    ['monitor', 'ksql', 'log'],
  ],
  pipeline: [['testing', 'workers'], ['worker'], ['audit', 'sources'], ['events'], ['codec', 'windows']],
  runtime: [['task', 'group'], ['transaction'], ['state', 'producers']],
  cli: [['commands'], ['tasks', 'completion'], ['views'], ['shell']],
}
const folder = (room, names) => `^src/${room}/(${names.join('|')})/`
const floorRules = Object.entries(floors).flatMap(([room, levels]) => {
  const rules = levels.flatMap((level, index) =>
    level.map((name) => ({
      name: `${room}-${name}-imports-downwards`,
      severity: 'error',
      from: { path: folder(room, [name]), pathNot: '^src/cli/shell/program\\.ts$' },
      to: {
        path: folder(
          room,
          levels
            .slice(0, index + 1)
            .flat()
            .filter((other) => other !== name),
        ),
      },
    })),
  )
  return rules.filter(({ to }) => !to.path.includes('()'))
})

/** Files beside the folders of these rooms are their leaves: every folder may import them, and they import none. */
const leaves = ['app', 'pipeline'].map((room) => ({
  name: `${room}-leaves-import-no-folder`,
  severity: 'error',
  from: { path: `^src/${room}/[^/]+\\.ts$` },
  to: { path: `^src/${room}/[^/]+/` },
}))

module.exports = {
  forbidden: [
    ...floorRules,
    ...leaves,
    ...Object.entries(above).map(([room, path]) => ({
      name: `${room}-imports-one-way`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path },
    })),
    {
      name: 'leaves-import-no-room',
      severity: 'error',
      from: { path: '^src/([^/]+\\.ts$|settings/)', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: '^src/settings/' },
    },
    {
      name: 'wire-and-kafkajs-are-private-to-kafka',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kafka/' },
      to: { path: '^src/kafka/(wire|kafkajs)/' },
    },
    {
      name: 'only-the-folder-kafkajs-imports-kafkajs',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kafka/kafkajs/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'only-tracing-imports-opentelemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/app/tracing/' },
      to: { path: 'node_modules/@opentelemetry' },
    },
    {
      name: 'tracing-is-loaded-on-demand',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/app/tracing/' },
      to: { path: '^src/app/tracing/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
