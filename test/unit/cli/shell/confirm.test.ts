import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Context } from '../../../../src/cli/shell/action.ts'
import { confirm } from '../../../../src/cli/shell/confirm.ts'

const without = (...missing: ('stdin' | 'stderr')[]) =>
  ({
    world: { isTTY: { stdin: !missing.includes('stdin'), stdout: true, stderr: !missing.includes('stderr') } },
    signal: new AbortController().signal,
  }) as unknown as Context

test.each([[['stdin']], [['stderr']], [['stdin', 'stderr']]] as const)(
  'where nobody can be asked (no terminal at %j) the answer is no, with the option that says yes',
  async (missing) => {
    await expect(confirm(without(...missing), 'Delete 3 topics at a:1?', false)).rejects.toMatchObject({
      kind: 'usage',
      code: 'NOT_CONFIRMED',
      message: 'Delete 3 topics at a:1? Nobody can be asked here',
      hint: 'add --yes',
    })
  },
)

test('who has said yes is not asked', async () => {
  await expect(confirm(without('stdin', 'stderr'), 'Delete everything?', true)).resolves.toBeUndefined()
})

test.each([
  ['y', true],
  ['Yes', true],
  ['n', false],
  ['', false],
])('who is asked on the terminal of this command and answers “%s” has said yes: %s', async (answer, agreed) => {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()]
  const world = { stdin, stderr, isTTY: { stdin: true, stdout: true, stderr: true } }
  const asked = confirm({ world, signal: new AbortController().signal } as unknown as Context, 'Delete it?', false)
  stdin.write(`${answer}\n`)
  if (agreed) await expect(asked).resolves.toBeUndefined()
  else await expect(asked).rejects.toMatchObject({ code: 'NOT_CONFIRMED', message: 'Nothing was changed' })
  expect(String(stderr.read())).toBe('Delete it? [y/N] ')
})
