import type { KsqlClient } from './client.ts'
import { queryProperties } from './examine.ts'
import { isWord, tokenize } from './lexer.ts'
import { refused, type Plan } from './plan.ts'
import { KsqlRefusal } from './refusal.ts'
import { nameOf, type Statement } from './statements.ts'

/** The name that a CREATE in the server's spelling is about. */
function nameIn(statementText: string | undefined): string | undefined {
  const tokens = tokenize(statementText ?? '')
  const at = tokens.findIndex((token) => isWord(token, 'STREAM', 'TABLE'))
  const name = tokens[at + 1]
  return at < 0 || !name ? undefined : nameOf(name)
}

/** A topic that one of the statements would write does not exist yet: that is nothing wrong. */
const lacksOwnSink = ({ message }: KsqlRefusal, statements: readonly Statement[]): boolean =>
  statements.some(({ derived, topic }) => derived && message.startsWith(`Topic '${topic}' does not exist`))

/**
 * Has the server validate what would be created, without creating it: all of it in one request, the last statement twice, so that
 * the request as a whole is refused.
 * @throws PayflowError that names the file and the line of a statement that the server would refuse
 */
export async function validate(client: KsqlClient, { fates }: Plan, signal?: AbortSignal): Promise<void> {
  const statements = fates.filter(({ fate }) => fate === 'create').map(({ statement }) => statement)
  const last = statements.at(-1)
  if (!last) return
  const text = [...statements, last].map((statement) => statement.text).join(' ')
  try {
    await client.run(text, queryProperties, signal)
  } catch (error) {
    if (!(error instanceof KsqlRefusal) || error.isStarting || error.isBlocked) throw error
    const name = nameIn(error.statementText)
    if ((error.alreadyExists && name === last.name) || lacksOwnSink(error, statements)) return
    throw refused(statements.find((statement) => statement.name === name) ?? last, error)
  }
}
