import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isOfHome, markOf, markOptions, type Mark } from '../../../../src/infra/local/mark.ts'
import { commandsIn } from '../../../../src/infra/process-list.ts'

const command = (options: readonly string[]) => ({ pid: 1, command: `java -Xmx1g ${options.join(' ')} kafka.Kafka x` })

test('a mark is read back from a command line, whatever the home is called', () => {
  const run = { pid: 12, startTime: 'Wed Nov 25 20:00:00 2026' }
  const directory = mkdtempSync(join(tmpdir(), 'payflow-mark é 日 -'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const mark: Mark = { home: realpathSync(directory), name: 'kafka-2', port: 9094, run }
  expect(markOptions(mark).join(' ')).toMatch(/^[!-~ ]+$/)
  expect(markOf(command(markOptions(mark)))).toEqual(mark)
  expect(markOf(command(markOptions({ ...mark, run: undefined })))).toEqual({ ...mark, run: undefined })
})

test('what is not marked is nobody’s, and a text that only looks like a mark is not one', () => {
  expect(markOf({ pid: 1, command: 'java kafka.Kafka config/server.properties' })).toBeUndefined()
  expect(markOf({ pid: 1, command: 'grep x-Dpayflow.home=/tmp/a x-Dpayflow.service=kafka-0:9092' })).toBeUndefined()
})

test('a home is the same one through a link, and still when it is gone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-mark-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const [home, link] = [join(directory, 'home'), join(directory, 'link')]
  mkdirSync(home)
  symlinkSync(directory, link)
  const mark = markOf(command(markOptions({ home: join(link, 'home'), name: 'zookeeper', port: 1, run: undefined })))!
  expect(isOfHome(mark, home)).toBe(true)
  rmSync(home, { recursive: true })
  expect(isOfHome(mark, home)).toBe(true)
  expect(isOfHome(mark, join(link, 'home'))).toBe(true)
  expect(isOfHome(mark, directory)).toBe(false)
})

test('processes are read from what ps prints', () => {
  expect(commandsIn('    1 /sbin/launchd\n  203 java -Da=b  x\n\n')).toEqual([
    { pid: 1, command: '/sbin/launchd' },
    { pid: 203, command: 'java -Da=b  x' },
  ])
})
