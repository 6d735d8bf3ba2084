import type { Request } from './flexible.ts'
import { plainList, writeList } from './plain.ts'

export const deleteGroupsApi = { apiKey: 42, apiVersion: 1, apiName: 'DeleteGroups' } as const

/** For the groups' coordinator; each answers for itself. */
export const deleteGroupsRequest = (
  groups: readonly string[],
): Request<{ readonly group: string; readonly errorCode: number }[]> =>
  plainList(
    deleteGroupsApi,
    (encoder) => writeList(encoder, groups, (group) => encoder.writeString(group)),
    (reader) => ({ group: reader.text(), errorCode: reader.int16() }),
  )
