import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Who may see what a server shows: those on this machine, or those who know the token. */
export interface Access {
  /** Needed by everybody; undefined: only names of this machine are served, so that no page of another site can ask through a browser. */
  readonly token: string | undefined
}

const COOKIE = 'payflow_token'
const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a host to listen on can be reached from this machine only. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Takes the same time wherever the two differ. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(digestOf(given), digestOf(token))

const cookieOf = (header: string | undefined): string | undefined =>
  header?.split(';').map((part) => part.trim().split('=')).find(([name]) => name === COOKIE)?.[1] // prettier-ignore

/** The name that was asked for, without its port. */
const hostOf = (header: string | undefined): string => (header ?? '').toLowerCase().replace(/:\d+$/, '')

/** What a request says to be let in with: a header for programs, a cookie for browsers, which a link with the token sets. */
function given({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  const cookie = cookieOf(headers.cookie)
  return bearer ?? (cookie === undefined ? undefined : decodeURIComponent(cookie))
}

/** Refuses whom `access` does not let in, in every route of this server or scope. */
export function guard(scope: FastifyInstance, { token }: Access): void {
  scope.addHook('onRequest', async (request, reply) => {
    if (token === undefined) {
      if (!loopbackNames.has(hostOf(request.headers.host)))
        return reply.code(421).type('text/plain').send('This page is served to 127.0.0.1 and localhost only.\n')
      return undefined
    }
    const asked = (request.query as { token?: unknown }).token
    if (typeof asked === 'string' && isSame(asked, token)) {
      const { pathname } = new URL(request.url, 'http://payflow')
      const cookie = `${COOKIE}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`
      return reply.header('set-cookie', cookie).redirect(pathname, 303)
    }
    const known = given(request)
    if (known !== undefined && isSame(known, token)) return undefined
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .type('text/plain')
      .send('Open the link that payflow printed: it has the token in it.\n')
  })
}
