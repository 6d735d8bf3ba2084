import type { Settings } from './resolve.ts'

/** What the settings give up of what TLS protects, one line each. */
export function weaknesses({ brokersGiven, tls, tlsVerify, saslMechanism, origins }: Settings): string[] {
  if (!brokersGiven) return []
  const where = `(${origins.tlsVerify.text})`
  return [
    ...(tls === 'on' && tlsVerify === 'none' ? [`certificates of brokers are not checked ${where}: anybody in between can read and change everything`] : []),
    ...(tls === 'on' && tlsVerify === 'issuer' ? [`host names in certificates of brokers are not checked ${where}`] : []),
    ...(tls !== 'on' && saslMechanism === 'plain' ? ['the password goes to the brokers in plain text: sasl-mechanism is plain, and TLS is off'] : []),
    ...(tls !== 'on' && saslMechanism === 'oauthbearer' ? ['the token goes to the brokers in plain text: TLS is off'] : []),
  ] // prettier-ignore
}
