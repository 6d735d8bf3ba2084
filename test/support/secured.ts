import { inject } from 'vitest'
import { startSecuredBroker, type SecuredBroker } from './secured-broker.ts'

/** The secured broker that all tests of this run share; started by the first that asks. */
export const securedBroker = (): Promise<SecuredBroker> => startSecuredBroker(`${inject('home')}-secured`)
