import { about } from './rights.ts'
import { createErrorFromCode } from './kafkajs/protocol.ts'

/** A broker's error; `message`: what the broker itself says of it, where it says anything. */
export function brokerErrorOf(code: number, message = ''): Error {
  const error = createErrorFromCode(code)
  if (message !== '') error.message = message
  return error
}

/** A broker's error of one topic, with the topic's name in its message. */
export function topicErrorOf(topic: string, code: number): Error {
  const error = createErrorFromCode(code)
  error.message = `${topic}: ${error.message}`
  return about(topic, error)
}
