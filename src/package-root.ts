import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's top directory: the nearest one with a package.json, from src, from dist and from the bundle in it. */
export const packageRoot = rootOf(dirname(fileURLToPath(import.meta.url)))

function rootOf(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : rootOf(dirname(directory))
}
