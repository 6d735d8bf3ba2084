export interface OfUser {
  readonly user_id: number
}

let lastId = 0
let lastText = '0'

/**
 * The text of a user's id: the key of that user's records, and what decides where all that is of the user lies. Asked for several times a
 * record, it remembers the last one.
 */
export function userKey({ user_id }: OfUser): string {
  if (user_id !== lastId) {
    lastText = String(user_id)
    lastId = user_id
  }
  return lastText
}
