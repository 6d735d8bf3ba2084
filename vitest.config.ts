import { defineConfig } from 'vitest/config'

/** One broker serves all of them; many only wait for one, so more run at once than there are cores. */
const slow = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  globalSetup: ['test/support/global-broker.ts'],
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
}

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000, sequence: { groupOrder: 0 } } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...slow } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...slow } },
    ],
  },
})
