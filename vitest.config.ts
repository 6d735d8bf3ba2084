import { defineConfig } from 'vitest/config'

const slow = { testTimeout: 60_000, hookTimeout: 120_000, globalSetup: ['test/support/global-broker.ts'] }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], maxWorkers: 2, ...slow } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], maxWorkers: 2, ...slow } },
    ],
  },
})
