import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { resolveSettings } from '../../../src/settings/resolve.ts'
import { command } from '../../support/command.ts'

/** A project with a directory two levels below it. */
function project(config: object | string): { root: string; below: string; path: string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'payflow-config-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const below = join(root, 'a', 'b')
  mkdirSync(below, { recursive: true })
  const path = join(root, 'payflow.config.json')
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config))
  return { root, below, path }
}

const settle = (cwd: string, { env = {}, options = {} }: { env?: NodeJS.ProcessEnv; options?: object } = {}) =>
  resolveSettings({ options, env: { PAYFLOW_HOME: '/nowhere', ...env }, cwd })

describe('payflow.config.json', () => {
  test('counts in the directories below it', () => {
    const { below, path } = project({ partitions: 6 })
    const { partitions, origins, config, configFile } = settle(below)
    expect([partitions, origins.partitions.text]).toEqual([6, path])
    expect(config).toMatchObject({ path, named: false, origin: 'found above' })
    expect(configFile).toBeUndefined()
  })

  test('the nearest one counts, alone', () => {
    const { below, path } = project({ partitions: 6, nodes: 3 })
    const nearer = join(dirname(below), 'payflow.config.json')
    writeFileSync(nearer, '{"partitions":7}')
    expect(settle(below)).toMatchObject({ partitions: 7, nodes: 1, config: { path: nearer } })
    expect(settle(dirname(path))).toMatchObject({ partitions: 6, nodes: 3, config: { origin: 'found here' } })
  })

  test('a named one counts instead of it, an option and a variable more', () => {
    const { root, below } = project({ partitions: 6, nodes: 3 })
    writeFileSync(join(root, 'other.json'), '{"partitions":8}')
    const named = settle(below, { env: { PAYFLOW_CONFIG: '../../other.json' } })
    expect(named).toMatchObject({ partitions: 8, nodes: 1, configFile: join(root, 'other.json'), config: { named: true, origin: 'PAYFLOW_CONFIG' } }) // prettier-ignore
    expect(settle(below, { env: { PAYFLOW_PARTITIONS: '9' } })).toMatchObject({ partitions: 9, nodes: 3 })
    expect(settle(below, { options: { partitions: '10' } })).toMatchObject({ partitions: 10, nodes: 3 })
  })

  test('its relative paths are relative to it, wherever the command runs', () => {
    const { root, below } = project({ home: 'data', tlsCa: 'ca.pem', saslPasswordFile: 'password', brokers: 'a:1' })
    writeFileSync(join(root, 'password'), 'secret\n')
    const { home, tlsCa, saslPassword } = resolveSettings({ options: {}, env: {}, cwd: below })
    expect([home, tlsCa, saslPassword]).toEqual([join(root, 'data'), join(root, 'ca.pem'), 'secret'])
  })

  test('what is wrong in it is said with its path', () => {
    const { below, path } = project('{"partition":1}')
    expect(() => settle(below)).toThrow(`Unknown key "partition" in ${path}`)
  })

  test('another user cannot put one above a directory: it could name a command to run', () => {
    const { root, below } = project({ partitions: 6 })
    const getuid = vi.spyOn(process, 'getuid').mockReturnValue(process.getuid!() + 4_711)
    onTestFinished(() => getuid.mockRestore())
    const isRoot = process.geteuid!() === 0 // then the file is root's, who is trusted
    expect(settle(below).partitions).toBe(isRoot ? 6 : 3)
    expect(settle(root).partitions).toBe(6)
  })

  test('config show says which file it is', async () => {
    const { below, path } = project({ partitions: 6 })
    const { documents } = await command(['config', 'show', '--json'], { cwd: below })
    const [shown] = documents() as unknown as [{ setting: string }[]]
    expect(shown[0]).toEqual({ setting: 'config', value: path, origin: 'found above' })
    const { stdout } = await command(['config', 'show'], { cwd: below })
    expect(stdout).toMatch(new RegExp(`^config +${path} +found above$`, 'm'))
    expect((await command(['config', 'show'])).stdout).toMatch(/^config +- +default$/m)
  })
})
