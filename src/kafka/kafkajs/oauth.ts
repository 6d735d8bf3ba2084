import { createRequire } from 'node:module'
import type { Mechanism } from 'kafkajs'
import { tokenOf } from '../token.ts'

const require = createRequire(import.meta.url)
const { KafkaJSSASLAuthenticationError: LoginError } = require('kafkajs/src/errors') as {
  KafkaJSSASLAuthenticationError: new (message: string) => Error
}

const SEPARATOR = '\u0001'
const bytes = (text: string): Buffer => {
  const content = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeInt32BE(content.length)
  return Buffer.concat([size, content])
}

/** What the broker has to say of a token that it refuses (RFC 7628, 3.2.2); undefined when it takes it. */
const refusal = {
  decode: (answer: Buffer) => answer.subarray(4),
  parse: (answer: Buffer) => (answer.length > 0 ? answer.toString() : undefined),
}

/**
 * SASL OAUTHBEARER (RFC 7628). kafkajs's own takes any answer for consent: a refused token is noticed at the first request, as a
 * connection that is closed.
 */
export const oauthBearer = (tokenCommand: string): Mechanism => ({
  mechanism: 'OAUTHBEARER',
  authenticationProvider: ({ saslAuthenticate }) => ({
    authenticate: async () => {
      const token = await tokenOf(tokenCommand)
      const say = (text: string) =>
        saslAuthenticate({ request: { encode: () => bytes(text) }, response: refusal }).catch((error: unknown) => {
          throw new LoginError(error instanceof Error ? error.message : String(error))
        })
      const refused = await say(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`)
      if (refused === undefined) return
      // the broker waits for this before it lets the connection go
      await say(SEPARATOR)
      throw new LoginError(refused)
    },
  }),
})
