import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Frames } from '../../../../src/kafka/kafkajs/frames.ts'

/** An answer as it comes: its size, then that many bytes. */
function answer(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/** What is put together of these pieces, each in the memory of the one before. */
function taken(pieces: readonly Buffer[]): Buffer[] {
  const memory = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  const frames = new Frames()
  const found: Buffer[] = []
  for (const piece of pieces) {
    piece.copy(memory)
    frames.take(memory.subarray(0, piece.length), (frame) => found.push(frame))
    memory.fill(0xff)
  }
  return found
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set(at.map((each) => each % (bytes.length + 1))), bytes.length].sort((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

describe('answers', () => {
  it('are the same wherever they are cut into pieces, in memory of their own', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 }), { maxLength: 6 })
    fc.assert(
      fc.property(bodies, fc.array(fc.nat()), (all, at) => {
        const frames = all.map(answer)
        expect(taken(cut(Buffer.concat(frames), at))).toEqual(frames)
      }),
    )
  })

  it('that are larger than the memory given to what has not come yet are whole', () => {
    const large = answer(Buffer.alloc((40 << 20) + 3, 'payflow'))
    const [found, ...others] = taken(cut(large, [5, 16 << 20, (16 << 20) + 4, 33 << 20]))
    expect(found!.equals(large)).toBe(true)
    expect(others).toEqual([])
  })

  it('of a size that none can have are refused', () => {
    expect(() => taken([Buffer.from([0xff, 0xff, 0xff, 0xff])])).toThrow('an answer of -1 bytes')
    expect(() => taken([Buffer.from([0, 0]), Buffer.from([0, 3, 1])])).toThrow('an answer of 3 bytes')
  })

  it('that another kind of server sends take no memory that it has not sent', () => {
    const before = process.memoryUsage().arrayBuffers
    const frames = new Frames()
    frames.take(Buffer.from('HTTP/1.1 400 Bad Request\r\n'), () => expect.unreachable())
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 << 20)
  })
})
