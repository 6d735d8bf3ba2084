import { existsSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../support/cli.ts'
import { directoryWith } from '../support/own-worker.ts'

// Node 22.8 and later have it
const keepsCompiled = 'enableCompileCache' in module
const inHome = (home: string): NodeJS.ProcessEnv => ({ ...process.env, PAYFLOW_HOME: home })

test.runIf(keepsCompiled)('what Node has compiled is kept in the home', async () => {
  const home = await directoryWith({})
  expect((await run(inHome(home), '--version')).code).toBe(0)
  expect(existsSync(join(home, 'compiled'))).toBe(true)
})

test('no home is made to keep what has been compiled', async () => {
  const home = join(await directoryWith({}), 'none')
  expect(await run(inHome(home), '--version')).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(home)).toBe(false)
})

test('a home that cannot be written to is not complained of by who writes nothing', async () => {
  expect(await run(inHome('/proc'), '--version')).toMatchObject({ code: 0, stderr: '' })
  const home = await directoryWith({ compiled: 'a file' })
  expect(await run(inHome(home), '--version')).toMatchObject({ code: 0, stderr: '' })
})
