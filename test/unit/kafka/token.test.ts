import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseToken, tokenOf } from '../../../src/kafka/token.ts'
import { eventually } from '../../support/wait.ts'

const jwt = (claims: object): string =>
  ['{"alg":"none"}', JSON.stringify(claims)].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.'

function counter(): { file: string; runs: () => number } {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-token-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'runs')
  return { file, runs: () => readFileSync(file, 'utf8').length }
}

test.each<[string, string, object | undefined]>([
  ['an opaque token', 'abc.def\n', { value: 'abc.def', livesMs: undefined }],
  ['a JWT', jwt({ exp: 1_030 }), { value: jwt({ exp: 1_030 }), livesMs: 30_000 }],
  ['the answer of a token endpoint', '{"access_token":"t","expires_in":60,"token_type":"Bearer"}', { value: 't', livesMs: 60_000 }], // prettier-ignore
  ['such an answer without a time', `{"access_token":"${jwt({ exp: 1_010 })}"}`, { livesMs: 10_000 }],
  ['nothing', '\n', undefined],
  ['an error page', '<html>\n<body>', undefined],
  ['an error in JSON', '{"error":"invalid_client"}', undefined],
])('%s is read as it is meant', (_, printed, expected) => {
  const found = parseToken(printed, 1_000_000)
  if (expected === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(expected)
})

test('all connections share a token while it lives', async () => {
  const { file, runs } = counter()
  const command = `printf x >> ${file}; echo ${jwt({ exp: Date.now() / 1000 + 3600 })}`
  const tokens = [...(await Promise.all([tokenOf(command), tokenOf(command)])), await tokenOf(command)]
  expect(new Set(tokens).size).toBe(1)
  expect(runs()).toBe(1)
})

test('the next token is fetched before the last one ends, once somebody has needed that', async () => {
  const { file, runs } = counter()
  const command = `printf x >> ${file}; printf '{"access_token":"t%s","expires_in":2}' "$(cat ${file})"`
  expect([await tokenOf(command), await tokenOf(command)]).toEqual(['tx', 'tx'])
  await eventually(() => expect(runs()).toBe(2))
  await eventually(async () => expect(await tokenOf(command)).toBe('txx'))
})

test.each([
  ['exit 7', 'The command for tokens ended with 7'],
  ['echo no such profile >&2; exit 1', 'The command for tokens ended with 1: no such profile'],
  ['true', 'The command for tokens printed no token'],
])('a command that fails (%s) is an error that says so, and is run again next time', async (script, message) => {
  const { file, runs } = counter()
  const command = `printf x >> ${file}; ${script}`
  for (const run of [1, 2]) {
    await expect(tokenOf(command)).rejects.toMatchObject({ code: 'TOKEN_COMMAND_FAILED', kind: 'infra', message })
    expect(runs()).toBe(run)
  }
})
