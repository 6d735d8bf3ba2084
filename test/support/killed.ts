import { expect } from 'vitest'
import type { Service } from '../../src/infra/local/services.ts'
import { isPortFree } from '../../src/infra/ports.ts'
import { startTimeOf } from '../../src/infra/processes.ts'
import { eventually } from './wait.ts'

/** Kills a service with -9 and returns when the system has cleared it away: its threads may hold the port for a moment longer than it lives. */
export async function killed({ pid, port }: Pick<Service, 'pid' | 'port'>): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await eventually(async () => {
    expect(startTimeOf(pid)).toBeUndefined()
    expect(await isPortFree(port)).toBe(true)
  })
}
