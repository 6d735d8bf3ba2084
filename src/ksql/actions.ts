import { asWritten } from './catalog.ts'
import type { KsqlClient } from './client.ts'
import { runCommand, type Command, type CommandOptions } from './command.ts'
import { propertiesOf, spell, unordered } from './examine.ts'
import { refused, type Action } from './plan.ts'
import { KsqlRefusal } from './refusal.ts'
import { refuseWhenBack } from './settle.ts'
import type { Statement } from './statements.ts'

/** What an action does, in words: `create KSQL_ORDERS`. */
export function titleOf(action: Action): string {
  const { name, topic } = action.statement
  if (action.do === 'terminate') return `terminate ${action.queryId}`
  if (action.do === 'resume') return `resume ${action.queryId}`
  if (action.do === 'delete-topic') return `delete topic ${topic}`
  return `${action.do} ${name}`
}

/** The object of a statement is there, as the statement describes it. */
async function isAsDescribed(client: KsqlClient, statement: Statement, signal: AbortSignal): Promise<boolean> {
  const { sourceDescription } = await client.ask(`DESCRIBE ${asWritten(statement.name)};`, 'sourceDescription', signal)
  return unordered(sourceDescription.statement) === (await spell(client, statement, signal))
}

function commandOf(client: KsqlClient, action: Exclude<Action, { do: 'delete-topic' }>, signal: AbortSignal): Command {
  const { statement } = action
  const title = titleOf(action)
  const isGone = (refusal: KsqlRefusal): boolean => refusal.isGone
  if (action.do === 'terminate') return { title, sql: `TERMINATE ${action.queryId};`, isDone: isGone }
  if (action.do === 'resume') return { title, sql: `RESUME ${action.queryId};`, isDone: () => false }
  if (action.do === 'drop')
    return { title, sql: `DROP ${statement.type} ${asWritten(statement.name)};`, isDone: isGone }
  return {
    title,
    sql: statement.text,
    properties: propertiesOf(statement),
    isDone: (refusal) => refusal.alreadyExists && isAsDescribed(client, statement, signal),
  }
}

/**
 * Carries out one action and returns when it is done. `deleteTopic` returns when the topic is really gone.
 * @throws PayflowError that names the file and the line of a statement that ksqlDB refuses
 */
export async function perform(
  client: KsqlClient,
  action: Action,
  deleteTopic: (topic: string) => Promise<unknown>,
  options: CommandOptions,
): Promise<void> {
  if (action.do === 'delete-topic') {
    await refuseWhenBack(client, action.statement, options.signal)
    await deleteTopic(action.statement.topic)
    return
  }
  try {
    await runCommand(client, commandOf(client, action, options.signal), options)
  } catch (error) {
    throw error instanceof KsqlRefusal && !error.isStarting ? refused(action.statement, error) : error
  }
}
