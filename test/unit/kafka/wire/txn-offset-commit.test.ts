import { expect, test } from 'vitest'
import { nobody, txnOffsetCommitRequest, type TxnOffsetCommit } from '../../../../src/kafka/wire/txn-offset-commit.ts'
import { frame } from './kafkajs-internals.ts'

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')
const commit: TxnOffsetCommit = {
  transactionalId: 'tx',
  groupId: 'g',
  producerId: '4294967298',
  producerEpoch: 5,
  place: { memberId: 'm-1', generation: 7 },
  topics: new Map([['t', [{ partition: 300, offset: 42 }]]]),
}

test('says which member commits, in which generation, laid out as the protocol guide has version 3', async () => {
  const { request } = txnOffsetCommitRequest(commit)
  const { buffer } = await frame({ correlationId: 7, clientId: 'me', request })
  expect(buffer).toEqual(
    hex(`0000 003d  001c 0003 0000 0007 0002 6d65 00
      03 7478  02 67  0000 0001 0000 0002  0005  0000 0007  04 6d2d 31  00
      02  02 74  02  0000 012c  0000 0000 0000 002a  ffff ffff  00  00  00  00`),
  )
})

test('who is not a member has no name and generation -1', async () => {
  const { request } = txnOffsetCommitRequest({ ...commit, place: nobody, topics: new Map() })
  const { buffer } = await request.encode()
  const body = Buffer.alloc(buffer.length)
  buffer.copy(body, 0)
  expect(body.subarray(-8)).toEqual(hex('ffff ffff 01 00 01 00'))
})

test('an error of one partition is thrown, as a broker’s', async () => {
  const { response } = txnOffsetCommitRequest(commit)
  const fine = await response.decode(hex('00 0000 0003  02  02 74  02 0000 012c 0000 00  00 00'))
  expect(fine.clientSideThrottleTime).toBe(3)
  await expect(response.parse(fine)).resolves.toBeUndefined()
  const refused = await response.decode(hex('00 0000 0000  02  02 74  03 0000 0000 0000 00  0000 0001 0016 00  00 00'))
  await expect(response.parse(refused)).rejects.toMatchObject({ type: 'ILLEGAL_GENERATION', code: 22 })
})
