import { about } from './rights.ts'
import { createErrorFromCode } from './kafkajs/protocol.ts'

/** A broker's error of one topic, with the topic's name in its message. */
export function topicErrorOf(topic: string, code: number): Error {
  const error = createErrorFromCode(code)
  error.message = `${topic}: ${error.message}`
  return about(topic, error)
}
