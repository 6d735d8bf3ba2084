import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../package-root.ts'
import type { Figures } from './figures.ts'

interface Package {
  readonly version: string
}

export const payflowVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Package).version

export const showVersion = (figures: Figures): void =>
  figures.set('payflow_build_info', { version: payflowVersion() }, 1)
