import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import type { StateRoomOptions } from '../../runtime/state/state-room.ts'
import type { Settings } from '../../settings/resolve.ts'

const PART_OF_HEAP = 0.25
const MOST_BYTES = 256 << 20

/** Where the state of this process's workers is kept: in memory up to a size, which what else they need must leave room for, then on disk. */
export const stateRoomOf = ({ home, stateDir, stateMemory }: Settings): StateRoomOptions => ({
  directory: stateDirectoryOf({ home, stateDir }),
  memoryBytes: stateMemory ?? Math.min(MOST_BYTES, Math.round(getHeapStatistics().heap_size_limit * PART_OF_HEAP)),
})

export const stateDirectoryOf = ({ home, stateDir }: Pick<Settings, 'home' | 'stateDir'>): string =>
  stateDir ?? join(home, 'state')
