// The figures of all runs: bench/results.json, rendered as RESULTS.md and results.svg.
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { picture } from './picture.mjs'
import { markdown } from './table.mjs'

const at = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

export function load() {
  try {
    return JSON.parse(readFileSync(at('results.json'), 'utf8'))
  } catch {
    return { scenarios: {} }
  }
}

export function save(results) {
  writeFileSync(at('results.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(at('RESULTS.md'), markdown(results))
  writeFileSync(at('results.svg'), picture(results))
}

/** The machine in words, without its name. */
export const machine = () =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`

if (process.argv[1] === fileURLToPath(import.meta.url)) save(load())
