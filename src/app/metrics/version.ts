import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../package-root.ts'
import type { Figures } from './figures.ts'

interface Package {
  readonly version: string
}

export function showVersion(figures: Figures): void {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Package
  figures.set('payflow_build_info', { version }, 1)
}
