import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The package.json that decides what a file in this directory is, if there is one. */
export function packageOf(directory: string): string | undefined {
  const own = join(directory, 'package.json')
  if (existsSync(own)) return own
  return dirname(directory) === directory ? undefined : packageOf(dirname(directory))
}

/** Whether `.js` files there are ES modules, whatever is in them. */
export function isModulePackage(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown } | null)?.type === 'module'
  } catch {
    return false // whoever needs it says that it is not JSON
  }
}

/** The payflow that Node finds for files of this directory: what their tests run with. Undefined when there is none. */
export function installedFor(directory: string): { readonly root: string; readonly version: string } | undefined {
  try {
    const file = realpathSync(createRequire(join(directory, 'x.js')).resolve('payflow/package.json'))
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    return { root: dirname(file), version }
  } catch {
    return undefined
  }
}
