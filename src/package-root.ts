import { fileURLToPath } from 'node:url'

/** The package's top directory: the same way up from src/infra and from dist/infra. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
