import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { startSecuredBroker, type SecuredBroker } from './secured-broker.ts'

/** The secured broker that all tests of this run share; started by the first that asks. */
export const securedBroker = (): Promise<SecuredBroker> => startSecuredBroker(`${inject('home')}-secured`)

const script = fileURLToPath(new URL('unsigned-token.mjs', import.meta.url))

/** A command that prints tokens for `user`, which live for so many seconds. */
export const tokenCommand = (user: string, seconds: number): string =>
  `'${process.execPath}' '${script}' ${user} ${seconds}`
