import { describe, expect, test } from 'vitest'
import { formatAddress, parseAddress, parseAddressList, saysTls, splitAddress } from '../../../src/settings/address.ts'

describe('an address', () => {
  test.each([
    ['kafka:9093', 'kafka:9093'],
    ['kafka', 'kafka:9092'],
    ['kafka:', 'kafka:9092'],
    ['KAFKA.Example:9092', 'kafka.example:9092'],
    ['kafka.example.:9092', 'kafka.example.:9092'],
    ['my_project_kafka_1:9092', 'my_project_kafka_1:9092'],
    ['bücher.example:9092', 'xn--bcher-kva.example:9092'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example:9092'],
    ['K%41FKA:1', 'kafka:1'],
    ['127.0.0.1:80', '127.0.0.1:80'],
    ['127.1:9092', '127.0.0.1:9092'],
    ['[::1]:9092', '[::1]:9092'],
    ['[::1]', '[::1]:9092'],
    ['[0:0:0:0:0:0:0:1]:1', '[::1]:1'],
    ['[FE80::1%eth0]:9092', '[fe80::1%eth0]:9092'],
    ['PLAINTEXT://kafka:29092', 'kafka:29092'],
    ['plaintext://[::1]:1', '[::1]:1'],
    ['EXTERNAL://kafka:29092', 'kafka:29092'],
    ['SSL://kafka:9093', 'kafka:9093'],
    ['sasl_ssl://kafka', 'kafka:9092'],
    ['  kafka:9092\n', 'kafka:9092'],
    ['kafka:9092/', 'kafka:9092'],
  ])('may be written %j', (text, meant) => {
    const address = parseAddress(text)
    expect(formatAddress(address)).toBe(meant)
    expect(splitAddress(meant)).toEqual(address)
  })

  test.each([
    ['http://localhost:8088', /^brokers are named host:port, without http:\/\/$/],
    ['::1:9092', /^an IPv6 address needs brackets: \[::1\]:9092$/],
    ['::1', /brackets/],
    ['kafka:0', /^one host:port/],
    ['kafka:65536', /^one host:port/],
    ['kafka:port', /^one host:port/],
    ['', /^one host:port/],
    [':9092', /^one host:port/],
    ['ada:hunter2@kafka:9092', /^one host:port/],
    ['ada@kafka:9092', /^one host:port/],
    ['zk1:2181/chroot', /^one host:port/],
    ['two words:9092', /^one host:port/],
    ['1.2.3.999:9092', /^one host:port/],
    ['a:1;b:2', /^one host:port/],
    ['kafka\\:9092', /^one host:port/],
  ])('cannot be %j', (text, why) => {
    expect(() => parseAddress(text)).toThrow(why)
  })
})

test('a list may have blanks, a comma at its end, and an address twice', () => {
  expect(parseAddressList(' a:1, B:2 ,\n a:1,')).toEqual(['a:1', 'b:2'])
  expect(parseAddressList(['a', 'a:9092'])).toEqual(['a:9092'])
  expect(() => parseAddressList('a:1,,b:2')).toThrow(/^one host:port/)
  expect(() => parseAddressList(',')).toThrow(/^one host:port/)
})

test('a listener that is named before an address says whether it speaks TLS', () => {
  expect(['SSL://a:1', 'a:1, sasl_ssl://b:1', ['a:1', 'SASL_SSL://b:1']].map(saysTls)).toEqual([true, true, true])
  expect(['a:1', 'PLAINTEXT://ssl:1', 'SASL_PLAINTEXT://a:1', ['ssl:1'], undefined].map(saysTls)).not.toContain(true)
})
