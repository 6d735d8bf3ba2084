import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes } from '../../src/error-codes.ts'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'error-codes.ts')
  .map((file) => readFileSync(`src/${file}`, 'utf8'))
  .join('\n')

test('every error code stands for a fact that some error reports', () => {
  expect(Object.keys(errorCodes).filter((code) => !sources.includes(`'${code}'`))).toEqual([])
})

test('no two error codes stand for the same fact', () => {
  const meanings = Object.values(errorCodes)
  expect(meanings.filter((meaning, i) => meanings.indexOf(meaning) !== i)).toEqual([])
})
