import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { initWorker } from '../../../../src/app/init/init.ts'

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-init-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
const init = (cwd: string, name: string, more: { directory?: string; typescript?: boolean } = {}) =>
  initWorker({ name, directory: name, typescript: false, ...more }, cwd)

test('a worker, its test, a README and a package.json are written into a new directory', () => {
  const cwd = emptyDirectory()
  const { files, kept, next } = init(cwd, 'big-spenders')
  const names = ['README.md', 'big-spenders.js', 'big-spenders.test.js', 'package.json']
  expect(readdirSync(join(cwd, 'big-spenders')).sort()).toEqual(names)
  expect([...files].sort()).toEqual(names.map((name) => join('big-spenders', name)))
  expect(kept).toEqual([])
  expect(next.map(([command]) => command)).toEqual([
    'cd big-spenders',
    expect.stringMatching(/^npm install --no-save --ignore-scripts \S+$/),
    'node --test',
    'payflow worker check ./big-spenders.js',
    'payflow infra up && payflow topics create',
    'payflow worker --watch ./big-spenders.js',
    'payflow produce orders --rate 10',
  ])
  const readme = readFileSync(join(cwd, 'big-spenders', 'README.md'), 'utf8')
  expect(readme.trimEnd().split('\n').length).toBeLessThan(13)
  expect(readme).not.toContain(cwd)
})

test.each([
  ['no type', '{}', 'mjs'],
  ['type commonjs', '{"type":"commonjs"}', 'mjs'],
  ['type module', '{"type":"module"}', 'js'],
])(
  'in a project whose package.json says %s, the files get names that Node takes for ES modules',
  (_, text, extension) => {
    const cwd = emptyDirectory()
    writeFileSync(join(cwd, 'package.json'), text)
    expect(init(cwd, 'spent', { directory: '.' }).files).toEqual([`spent.${extension}`, `spent.test.${extension}`, 'README.md']) // prettier-ignore
    expect(readFileSync(join(cwd, 'package.json'), 'utf8')).toBe(text)
    expect(readFileSync(join(cwd, `spent.test.${extension}`), 'utf8')).toContain(`from './spent.${extension}'`)
    expect(init(cwd, 'more').files).toEqual(['README.md', `more.${extension}`, `more.test.${extension}`].map((name) => join('more', name)).sort((a, b) => Number(a.endsWith('md')) - Number(b.endsWith('md')))) // prettier-ignore
  },
)

test('with --ts both are TypeScript', () => {
  const cwd = emptyDirectory()
  expect(init(cwd, 'spent', { typescript: true }).files).toContain(join('spent', 'spent.test.ts'))
  const code = readFileSync(join(cwd, 'spent', 'spent.ts'), 'utf8')
  expect(code).toContain('zodCents()')
  expect(code).not.toContain(' as ')
})

test('nothing is overwritten: a worker that is there is refused, and a README is left as it is', () => {
  const cwd = emptyDirectory()
  writeFileSync(join(cwd, 'README.md'), 'mine')
  expect(init(cwd, 'spent', { directory: '.' }).kept).toEqual(['README.md'])
  expect(readFileSync(join(cwd, 'README.md'), 'utf8')).toBe('mine')
  expect(() => init(cwd, 'spent', { directory: '.' })).toThrow('spent.js and spent.test.js are there already')
  mkdirSync(join(cwd, 'other'))
  writeFileSync(join(cwd, 'other', 'other.test.js'), 'mine')
  expect(() => init(cwd, 'other')).toThrow(`${join('other', 'other.test.js')} is there already`)
  expect(readdirSync(join(cwd, 'other'))).toEqual(['other.test.js'])
})

test.each([
  ['Fraud Score', '"Fraud Score" cannot name a worker'],
  ['../x', '"../x" cannot name a worker'],
  ['all', '"all" cannot name a worker'],
  ['large-orders', '"large-orders" is the name of a built-in worker'],
  ['order-status', "order_status, which order-status would write, is a topic of payflow's own"],
])('%s is not a name for it', (name, message) => {
  const cwd = emptyDirectory()
  expect(() => init(cwd, name)).toThrow(message)
  expect(readdirSync(cwd)).toEqual([])
})
