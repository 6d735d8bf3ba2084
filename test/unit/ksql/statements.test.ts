import { describe, expect, it } from 'vitest'
import { propertiesOf } from '../../../src/ksql/examine.ts'
import { loadStatements, parseStatements } from '../../../src/ksql/statements.ts'
import { normalized, recordedCreates } from '../../support/recordings.ts'

const statements = loadStatements()
const recorded = recordedCreates()

describe('ksql/*.sql', () => {
  it('holds the statements that were proved on a real server, all of them', () => {
    expect(statements.map(({ name }) => name).sort()).toEqual(recorded.map(({ name }) => name).sort())
  })

  it.each(statements.map((statement) => [statement.name, statement] as const))(
    '%s is the recorded statement, with the recorded properties',
    (name, statement) => {
      const one = recorded.find((candidate) => candidate.name === name)!
      expect(normalized(statement.text)).toBe(one.sql)
      expect(propertiesOf(statement)).toEqual(one.properties)
    },
  )

  it.each(statements.map((statement) => [statement.name, statement] as const))(
    '%s is read as the server spells it',
    (name, { type, topic, derived, reads }) => {
      const { spelled, queryId, ...one } = recorded.find((candidate) => candidate.name === name)!
      expect({ type, topic }).toEqual({ type: one.type, topic: one.topic })
      expect(derived).toBe(queryId !== null)
      const [, from = ''] = /\nFROM ([\s\S]*)/.exec(spelled) ?? []
      expect(reads).toEqual([...`FROM ${from}`.matchAll(/\b(?:FROM|JOIN) (\S+)/g)].map(([, source]) => source))
    },
  )

  it('lets every query begin at the start, exactly once, and keep no change back', () => {
    const derived = statements.filter((statement) => statement.derived)
    expect(derived).toHaveLength(recorded.filter(({ queryId }) => queryId !== null).length)
    for (const statement of derived)
      expect(propertiesOf(statement)).toEqual({
        'auto.offset.reset': 'earliest',
        'processing.guarantee': 'exactly_once_v2',
        'cache.max.bytes.buffering': '0',
      })
  })

  it('writes only topics of its own, and reads a stream or table after it was made', () => {
    const known = new Set<string>()
    for (const { name, reads, derived, topic } of statements) {
      expect(topic.startsWith('ksql_') || !derived).toBe(true)
      for (const source of reads) expect(known).toContain(source)
      known.add(name)
    }
  })
})

describe('a file of statements', () => {
  const one = (sql: string) => parseStatements('my.sql', sql)
  const source = "CREATE STREAM a (k VARCHAR KEY) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');"

  it('is split at semicolons that are in no text, name or comment', () => {
    const sql = `-- a; comment with 'one quote
/* another; "one" */ ${source}
CREATE STREAM \`b;b\` WITH (KAFKA_TOPIC='ksql_;''x') AS SELECT ';', "q;q" FROM a WHERE x = 'it''s; -- no comment' EMIT CHANGES; -- end;`
    expect(one(sql).map(({ name, topic, line }) => ({ name, topic, line }))).toEqual([
      { name: 'A', topic: 'a', line: 2 },
      { name: 'b;b', topic: "ksql_;'x", line: 3 },
    ])
    expect(one(sql)[1]!.text).toMatch(/^CREATE STREAM `b;b`.*EMIT CHANGES;$/)
  })

  it('keeps umlauts and windows line ends', () => {
    const [statement] = one(source.replace(' (k', '\r\n  (größe VARCHAR, k'))
    expect(statement!.text).toContain('\r\n  (größe VARCHAR')
  })

  it.each([
    ['DROP STREAM a;', 'my.sql:1: a statement begins with CREATE STREAM or CREATE TABLE here'],
    ["\n\nINSERT INTO a VALUES ('x');", 'my.sql:3: a statement begins with CREATE STREAM or CREATE TABLE here'],
    [`${source}\nCREATE STREAM b (k INT)`, 'my.sql:2: this statement has no semicolon at its end'],
    ["CREATE STREAM IF NOT EXISTS a (k INT) WITH (KAFKA_TOPIC='a');", 'my.sql:1: a name has to follow: what exists is recognised without IF NOT EXISTS'], // prettier-ignore
    ['CREATE STREAM a (k INT);', "my.sql:1: its topic is not named: WITH (KAFKA_TOPIC='…')"],
    ["CREATE STREAM a WITH (KAFKA_TOPIC='orders') AS SELECT * FROM b EMIT CHANGES;", 'my.sql:1: a query may only write topics whose names begin with ksql_, not orders'], // prettier-ignore
    ["\nCREATE STREAM a WITH (KAFKA_TOPIC='x", 'my.sql:2: A text in single quotes has no end'],
    ['/* CREATE', 'my.sql:1: A comment has no end'],
  ])('%j is refused with its line', (sql, message) => {
    expect(() => one(sql)).toThrow(expect.objectContaining({ message, kind: 'failed' }))
  })
})
