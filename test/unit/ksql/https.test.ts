import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { ksqlClient } from '../../../src/app/ksql/session.ts'
import { resolveSettings } from '../../../src/settings/resolve.ts'
import { createCertificates } from '../../support/certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'payflow-ksql-https-'))
afterAll(() => rmSync(directory, { recursive: true }))
const { ca, otherCa } = createCertificates(directory)

/** Answers `/info` to whoever comes as ada. */
async function server(): Promise<string> {
  const [key, cert] = ['broker.key', 'broker.pem'].map((name) => readFileSync(join(directory, name)))
  const info = {
    KsqlServerInfo: { version: '7.9.1', kafkaClusterId: 'c', ksqlServiceId: 's', serverStatus: 'RUNNING' },
  }
  const made = createServer({ key, cert }, ({ headers }, response) => {
    const isAda = headers.authorization === `Basic ${Buffer.from('ada:pw').toString('base64')}`
    response.writeHead(isAda ? 200 : 401, { 'content-type': 'application/json' }).end(isAda ? JSON.stringify(info) : '')
  })
  made.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    made.closeAllConnections()
    made.close()
  })
  return `https://127.0.0.1:${(made.address() as AddressInfo).port}`
}

const clientWith = (env: NodeJS.ProcessEnv) =>
  ksqlClient(resolveSettings({ options: {}, env: { PAYFLOW_HOME: directory, ...env }, cwd: directory }))

test.each<[string, NodeJS.ProcessEnv]>([
  ['its own', { PAYFLOW_KSQL_CA: ca }],
  ["the brokers'", { PAYFLOW_BROKERS: 'a:1', PAYFLOW_TLS_CA: ca }],
])('ksqlDB is reached over https with a user, and a certificate of %s CA', async (_, env) => {
  const login = { PAYFLOW_KSQL_URL: await server(), PAYFLOW_KSQL_USER: 'ada', PAYFLOW_KSQL_PASSWORD: 'pw' }
  expect(await clientWith({ ...login, ...env }).info()).toMatchObject({ version: '7.9.1' })
  const other = clientWith({ ...login, PAYFLOW_KSQL_CA: otherCa }).info()
  await expect(other).rejects.toMatchObject({ code: 'KSQL_UNREACHABLE', message: expect.stringContaining('certificate') as string }) // prettier-ignore
  await expect(clientWith({ ...login, ...env, PAYFLOW_KSQL_PASSWORD: 'x' }).info()).rejects.toMatchObject({ code: 'KSQL_DENIED' }) // prettier-ignore
})
