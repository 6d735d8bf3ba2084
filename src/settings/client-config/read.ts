import { readFileSync, statSync } from 'node:fs'
import { PayflowError, messageOf } from '../../errors.ts'
import { decodeText } from '../decode-text.ts'
import { usage } from '../refuse.ts'
import { meaningOf, type ClientValues } from './meaning.ts'
import { readStrimziUser } from './strimzi.ts'
import { parseProperties } from './text.ts'

/** What a file of Kafka client properties, or the directory of a Strimzi user, says of the connection. @throws PayflowError (usage) */
export function readClientConfig(path: string): ClientValues {
  let text: string
  try {
    if (statSync(path).isDirectory()) return readStrimziUser(path)
    text = decodeText(readFileSync(path))
  } catch (error) {
    if (error instanceof PayflowError) throw error
    throw usage('CLIENT_CONFIG_UNREADABLE', `Cannot read ${path}: ${messageOf(error)}`, 'name another file with --client-config') // prettier-ignore
  }
  return meaningOf(path, parseProperties(text))
}
