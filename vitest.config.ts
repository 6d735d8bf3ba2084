import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { withArchive } from './test/support/java-options.ts'

process.env.JAVA_TOOL_OPTIONS ??= withArchive

/** Many only wait: for time, for a broker. So more run at once than there are cores. */
const fast = {
  testTimeout: 20_000,
  maxWorkers: 3,
  // none of them changes what is global, and to start a process for each file takes longer than most of them
  isolate: false,
  sequence: { groupOrder: 0 },
}

/** One broker serves all of them. */
const slow = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  globalSetup: ['test/support/global-broker.ts'],
  maxWorkers: 4,
  isolate: false,
  sequence: { groupOrder: 1 },
}

/** What `examples/` import: the sources, not what was last built of them. */
const alias = { payflow: fileURLToPath(new URL('src/index.ts', import.meta.url)) }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...fast } },
      { resolve: { alias }, test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...slow } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...slow } },
    ],
  },
})
