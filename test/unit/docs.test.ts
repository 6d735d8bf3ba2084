import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['', 'bench', 'deploy', 'docs', 'docs/internals', 'docs/decisions', 'examples', 'test/soak'].flatMap(
  (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
)
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** The relative links of a page, as path from the root and anchor. */
function linksOf(page: string): { path: string; anchor: string | undefined }[] {
  const prose = textOf(page).replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, path = '', anchor]) => ({
    path: path === '' ? page : relative(root, join(root, dirname(page), path)),
    anchor,
  }))
}

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(
    ([, title = '']) =>
    title.toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'), // prettier-ignore
  )

describe('documentation', () => {
  test.each(pages)('%s links only to files and headings that exist', (page) => {
    const dead = linksOf(page).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
    )
    expect(dead).toEqual([])
  })

  test('the package holds what README and docs link to', () => {
    const { files } = JSON.parse(textOf('package.json')) as { files: string[] }
    const links = pages.filter((page) => page === 'README.md' || page.startsWith('docs/')).flatMap(linksOf)
    const missing = links.filter(({ path }) => !files.some((file) => path === file || path.startsWith(`${file}/`)))
    expect(missing).toEqual([])
  })

  test('docs/internals.md names only source files that exist', () => {
    const rooms = textOf('docs/internals.md').matchAll(/`((?:app|cli|infra|kafka|ksql|pipeline|runtime|settings|web)\/[\w/.-]+\.ts)`/g) // prettier-ignore
    const named = [...rooms].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((path) => !existsSync(join(root, 'src', path)))).toEqual([])
  })

  test('the tests that pin what is not obvious exist', () => {
    const named = [...textOf('docs/internals/not-obvious.md').matchAll(/`((?:unit|integration|e2e)\/[\w/-]+)`/g)]
    expect(named.length).toBeGreaterThan(30)
    const missing = named.map(([, path = '']) => path).filter((path) => ![`${path}.test.ts`, path].some((file) => existsSync(join(root, 'test', file)))) // prettier-ignore
    expect(missing).toEqual([])
  })

  test('each decision is dated, in the index, and at most 30 lines long', () => {
    const decisions = pages.filter((page) => /^docs\/decisions\/\d{4}-/.test(page))
    const index = linksOf('docs/decisions/README.md').map(({ path }) => path)
    expect(index).toEqual(decisions)
    for (const page of decisions) {
      expect(textOf(page), page).toMatch(/^# \d+\. .*\n\n\d{4}-\d{2}-\d{2}\n/)
      expect(textOf(page).split('\n').length, page).toBeLessThanOrEqual(31)
    }
  })
})
