import { fastify } from 'fastify'
import { describe, expect, test } from 'vitest'
import { guard, isLoopback } from '../../../src/web/access.ts'

function server(token: string | undefined) {
  const app = fastify()
  guard(app, { token })
  app.get('/', () => 'seen')
  return (headers: Record<string, string>, url = '/') => app.inject({ url, headers })
}

describe('on the loopback interface', () => {
  test.each(['127.0.0.1:8808', 'localhost:8808', '[::1]:8808', 'LOCALHOST'])('%s is served', async (host) => {
    expect((await server(undefined)({ host })).body).toBe('seen')
  })

  test.each(['evil.example', 'evil.example:8808', '127.0.0.1.evil.example'])(
    'a page of another site cannot ask through a browser: %j',
    async (host) => {
      expect((await server(undefined)({ host })).statusCode).toBe(421)
    },
  )
})

describe('where other machines reach it', () => {
  const ask = server('s3cret')

  test('nobody is served without the token', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { cookie: 'payflow_token=wrong' },
      { authorization: 's3cret' },
    ] as Record<string, string>[])
      expect((await ask(headers)).statusCode).toBe(401)
    expect((await ask({}, '/?token=s3cre')).statusCode).toBe(401)
  })

  test('the token is taken from a header, a cookie, and a link that sets the cookie', async () => {
    expect((await ask({ authorization: 'Bearer s3cret' })).body).toBe('seen')
    expect((await ask({ cookie: 'a=b; payflow_token=s3cret' })).body).toBe('seen')
    const linked = await ask({}, '/?token=s3cret')
    expect(linked.statusCode).toBe(303)
    expect(linked.headers.location).toBe('/')
    expect(linked.headers['set-cookie']).toBe('payflow_token=s3cret; HttpOnly; SameSite=Strict; Path=/')
  })
})

test('only addresses of this machine are loopback', () => {
  expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '::', '10.0.0.1', 'example.org', '1270.0.0.1'].some(isLoopback)).toBe(false)
})
