import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endsLikeZip, findFlaw, findFlaws, readManifest, writeManifest } from '../../../../src/infra/local/manifest.ts'

/** A zip of `body` bytes of entries and directory, ending as APPNOTE 4.3.16 says. */
function zip(body: number, comment = ''): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt32LE(Math.floor(body / 2), 12)
  end.writeUInt32LE(Math.floor(body / 2), 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([Buffer.alloc(body, 1), end, Buffer.from(comment)])
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-jars-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a whole zip ends like one, with a comment too; cut off anywhere it does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
      (body, comment) => {
        const whole = zip(body, comment)
        expect(endsLikeZip(whole, whole.length)).toBe(true)
        for (let length = 0; length < whole.length; length++)
          expect(endsLikeZip(whole.subarray(0, length), length)).toBe(false)
      },
    ),
    { numRuns: 50 },
  )
})

test('a directory that would lie beyond the file is not one', () => {
  const file = zip(100)
  file.writeUInt32LE(5_000, 100 + 16)
  expect(endsLikeZip(file, file.length)).toBe(false)
})

test('each kind of flaw is named', () => {
  const path = directory()
  const jar = zip(100)
  writeFileSync(join(path, 'good.jar'), jar)
  writeFileSync(join(path, 'empty.jar'), '')
  writeFileSync(join(path, 'cut.jar'), jar.subarray(0, 90))
  expect(findFlaw(join(path, 'good.jar'))).toBeUndefined()
  const jars = ['good.jar', 'empty.jar', 'cut.jar', 'missing.jar'].map((name) => ({ name, bytes: jar.length }))
  expect(findFlaws(path, { jars })).toEqual([
    'empty.jar: empty',
    'cut.jar: 90 bytes instead of 122',
    'missing.jar: missing',
  ])
  expect(findFlaw(join(path, 'cut.jar'))).toBe('cut off or not a jar')
})

test('a manifest is read back; one that is not whole is none', () => {
  const path = directory()
  const manifest = { jars: [{ name: 'a.jar', bytes: 10 }] }
  expect(readManifest(path)).toBeUndefined()
  writeManifest(path, manifest)
  expect(readManifest(path)).toEqual(manifest)
  writeFileSync(join(path, 'manifest.json'), '{"jars":[]}')
  expect(readManifest(path)).toBeUndefined()
})
