import { describe, expect, test } from 'vitest'
import { untilDrained } from '../../../../src/app/monitor/until-drained.ts'
import { sampleOf } from '../../../support/looks.ts'
import type { Sample } from '../../../../src/app/monitor/monitor.ts'

const sample = (records: number, lag: number): Sample =>
  sampleOf({
    atMs: records,
    topics: [{ topic: 'orders', records }],
    workers: [{ worker: 'a', lag, undecided: 0, state: 'Stable', members: 1 }],
  })

/** Says these one look after the other, and the last one from then on; an error is a look that failed. */
function monitor(...looks: (Sample | Error)[]) {
  let at = 0
  return {
    looked: () => at,
    sample: () => {
      const look = looks[Math.min(at++, looks.length - 1)]!
      return look instanceof Error ? Promise.reject(look) : Promise.resolve(look)
    },
  }
}
const calm = { signal: new AbortController().signal, check: () => undefined }

describe('waiting until nothing is left to read', () => {
  test('ends with the second of two looks that found nothing, and shows each', async () => {
    const shown: Sample[] = []
    const looks = [sample(5, 2), sample(6, 0), sample(7, 0), sample(7, 0)]
    expect(await untilDrained(monitor(...looks), { ...calm, onSample: (look) => shown.push(look) })).toBe(looks[3])
    expect(shown).toEqual(looks)
  })

  test('goes on when a look failed: brokers may be away for a moment', async () => {
    const looks = monitor(sample(7, 0), new Error('no answer'), sample(7, 0))
    expect(await untilDrained(looks, calm)).toEqual(sample(7, 0))
    expect(looks.looked()).toBe(3)
  })

  test('ends with the failure of a worker that cannot run', async () => {
    const check = () => {
      throw new Error('Worker a: no such topic')
    }
    await expect(untilDrained(monitor(sample(1, 1)), { ...calm, check })).rejects.toThrow('Worker a: no such topic')
  })

  test('can be given up', async () => {
    await expect(untilDrained(monitor(sample(1, 1)), { ...calm, signal: AbortSignal.timeout(30) })).rejects.toThrow()
  })
})
