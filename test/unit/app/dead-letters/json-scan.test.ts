import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanJson } from '../../../../src/app/dead-letters/json-scan.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('scanning JSON text', () => {
  test('finds every member where it stands, whatever the spacing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent)
        const { members, errorAt } = scanJson(text)
        expect(errorAt).toBeUndefined()
        for (const [name, value] of Object.entries(object)) {
          const member = members.find(
            ({ path, key }) => path.length === 1 && JSON.parse(text.slice(key.start, key.end)) === name,
          )
          expect(JSON.parse(text.slice(member!.value.start, member!.value.end))).toEqual(
            JSON.parse(JSON.stringify(value)),
          )
        }
      }),
    )
  })

  test('accepts exactly what JSON.parse accepts', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '{', '}', '"', ',', ':', '\\', '1', 'x', ' ', '\u0001'))
      .map(
        ([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      )
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (text) => {
        expect(scanJson(text).errorAt === undefined).toBe(isJson(text))
      }),
      { numRuns: 500 },
    )
  })

  test('says where a text stops being JSON, and what was found before', () => {
    const { members, errorAt } = scanJson('{"a": 1, "b": nope}')
    expect(errorAt).toBe(14)
    expect(members.map(({ path }) => path)).toEqual([['a']])
    expect(scanJson('{"a":').errorAt).toBe(5)
    expect(scanJson('').errorAt).toBe(0)
  })

  test('ends with an error in nesting too deep to follow', () => {
    expect(scanJson('['.repeat(1_000_000)).errorAt).toBeGreaterThan(0)
  })
})
