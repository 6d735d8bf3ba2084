import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { bin, processesOf } from '../support/cli.ts'
import { temporaryHome } from '../support/home.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 180_000 })

test("the README's smoke script ends with 0 and leaves nothing running", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, script] = /```sh\n(#!\/bin\/sh\n.*?)```/s.exec(readme) ?? []
  const { home, env } = await temporaryHome()
  const directory = join(home, 'smoke')
  await mkdir(directory)
  await writeFile(join(directory, 'smoke.sh'), script!)
  await symlink(bin, join(directory, 'payflow'))
  const PATH = `${directory}${delimiter}${env.PATH ?? ''}`
  const shell = spawn('sh', ['smoke.sh'], { cwd: directory, env: { ...env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(shell, 'close')) as [number]
  expect(code, said).toBe(0)
  await eventually(() => expect(processesOf(home)).toEqual([]))
})
