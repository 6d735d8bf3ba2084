import { readRecord } from '../../settings/infra-record.ts'
import { isAlive, type ProcessIdentity } from '../processes.ts'

/** The run with which the containers end: `mine` when it starts them all, or when the one that did is gone. */
export function ownerOf(
  home: string,
  mine: ProcessIdentity | undefined,
  startsAll: boolean,
): ProcessIdentity | undefined {
  const record = readRecord(home)
  const owner = record?.engine === 'docker' ? record.run : undefined
  return startsAll || (owner && !isAlive(owner)) ? mine : owner
}
