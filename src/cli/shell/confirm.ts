import { createInterface } from 'node:readline/promises'
import { PayflowError } from '../../errors.ts'
import type { Context } from './action.ts'

/** Asks before something is deleted. @throws PayflowError (usage) when nobody can be asked, or the answer is not yes */
export async function confirm({ world, signal }: Context, question: string, yes: boolean): Promise<void> {
  if (yes) return
  const refused = (message: string) => new PayflowError('NOT_CONFIRMED', message, { kind: 'usage', hint: 'add --yes' })
  if (!world.isTTY.stdin || !world.isTTY.stderr) throw refused(`${question} Nobody can be asked here`)
  const prompt = createInterface({ input: world.stdin, output: world.stderr })
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw refused('Nothing was changed')
  } finally {
    prompt.close()
  }
}
