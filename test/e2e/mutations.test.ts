import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { copyOf, mutationNames } from '../soak/mutate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

test.each(mutationNames)('%s, which shows that the soak would find it, still fits what is built', (name) => {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-test-mutation-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  expect(copyOf(root, directory, name)).toBe(join(directory, 'package'))
})
