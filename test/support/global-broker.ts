import type { TestProject } from 'vitest/node'
import { archiveClasses, createHome, removeAbandonedHomes, removeHome, startBroker } from './local-broker.ts'
import { removeSecuredBroker } from './secured-broker.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    brokers: string[]
    home: string
  }
}

interface SharedBroker {
  users: number
  readonly ready: Promise<{ home: string; brokers: string[] }>
}

/** vitest loads this file once for each project; they run in one process and share one broker. */
const shared = globalThis as { payflowTestBroker?: SharedBroker }

async function start(): Promise<{ home: string; brokers: string[] }> {
  await removeAbandonedHomes()
  await archiveClasses()
  const home = await createHome()
  try {
    const { brokers } = await startBroker(home)
    return { home, brokers }
  } catch (error) {
    await removeHome(home)
    throw error
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = (shared.payflowTestBroker ??= { users: 0, ready: start() })
  broker.users++
  const { home, brokers } = await broker.ready
  project.provide('brokers', brokers)
  project.provide('home', home)
  return async () => {
    if (--broker.users > 0) return
    delete shared.payflowTestBroker
    await Promise.all([removeHome(home), removeSecuredBroker(`${home}-secured`)])
  }
}
