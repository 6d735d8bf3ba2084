import { between, lanes, weighted } from './hash.ts'

/** Users have the ids 1..100. */
const USERS = 100

/** Who is how busy is Zipf's law: the second busiest user does half as much as the busiest, the third a third. */
const pickRank = weighted(Array.from({ length: USERS }, (_, rank) => 1 / (rank + 1)))

/** Picks a user of 32 bits. The seed decides who the busy ones are; for every kind of event they are the same. */
export function people(seed: number): (bits: number) => number {
  const draw = lanes(seed, 'people')(0)
  const byRank = Array.from({ length: USERS }, (_, rank) => rank + 1)
  // Fisher-Yates
  for (let last = USERS - 1; last > 0; last--) {
    const other = between(draw(last), 0, last)
    const user = byRank[last]!
    byRank[last] = byRank[other]!
    byRank[other] = user
  }
  return (bits) => byRank[pickRank(bits)]!
}
