import { expect, test } from 'vitest'
import { codeOf } from '../../../../src/kafka/errors.ts'
import { groupRightsRequest } from '../../../../src/kafka/wire/group-rights.ts'
import { Encoder } from './kafkajs-internals.ts'

async function answered(errorCode: number, rights: number) {
  const { response } = groupRightsRequest(['payflow-a'])
  const group = new Encoder().writeInt16(errorCode).writeString('payflow-a')
  for (let text = 0; text < 3; text++) group.writeString('')
  const payload = new Encoder().writeInt32(0).writeArray([group.writeArray([]).writeInt32(rights)]).buffer
  return response.parse(await response.decode(payload))
}

test('a group that may not be seen has no rights', async () => {
  expect(await answered(0, 8)).toEqual([{ group: 'payflow-a', errorCode: 0, rights: 8 }])
  expect(await answered(30, -2147483648)).toMatchObject([{ errorCode: 30 }])
})

test.each([14, 15, 16])('a coordinator that cannot say yet (%d) is asked again, and is not taken for a lack of rights', async (code) => {
  expect(codeOf(await answered(code, 0).catch((error: unknown) => error))).toBe(code)
}) // prettier-ignore
