import { expect, test } from 'vitest'
import { withoutSecrets } from '../../../../src/app/doctor/secrets.ts'
import { resolveSettings } from '../../../../src/settings/resolve.ts'

const env = { PAYFLOW_BROKERS: 'kafka:9092', PAYFLOW_SASL_MECHANISM: 'plain', PAYFLOW_SASL_USERNAME: 'ada', PAYFLOW_SASL_PASSWORD: 'open-sesame', PAYFLOW_KSQL_PASSWORD: 'ksql-sesame' } // prettier-ignore
const settings = resolveSettings({ options: {}, env, cwd: '/' })

test.each([
  ['a secret of the settings, wherever it stands', 'sent open-sesame, then ksql-sesame', 'sent ***, then ***'],
  ['credentials in an address', 'GET http://ada:pw1234@ksql:8088/info', 'GET http://***@ksql:8088/info'],
  ['a line of properties', 'ssl.key.password=hunter2 next', 'ssl.key.password=*** next'],
  ['a line of Java logins', 'username="ada" password="hun ter2";', 'username="ada" password=***;'],
  ['JSON', '{"token":"abc.def","a":1}', '{"token":***,"a":1}'],
  ['a private key', 'x\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\ny', 'x\n***\ny'],
  ['anything else stays', 'user ada reads orders from 127.0.0.1:9092', 'user ada reads orders from 127.0.0.1:9092'],
])('%s', (_, text, clean) => {
  expect(withoutSecrets(text, settings)).toBe(clean)
})
