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
module.exports = {
  forbidden: [
    ...Object.entries(above).map(([room, path]) => ({
      name: `${room}-imports-one-way`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path },
    })),
    {
      name: 'leaves-import-no-room',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'only-kafka-and-runtime-import-kafkajs',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(kafka|runtime)/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
