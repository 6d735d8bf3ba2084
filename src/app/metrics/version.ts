import { readFileSync } from 'node:fs'
import type { Figures } from './figures.ts'

interface Package {
  readonly version: string
}

export function showVersion(figures: Figures): void {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Package
  figures.set('payflow_build_info', { version }, 1)
}
