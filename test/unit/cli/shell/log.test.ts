import { expect, test } from 'vitest'
import { logTo } from '../../../../src/cli/shell/log.ts'
import { logWith } from '../../../../src/log.ts'

test('the log is one line an event, with its fields, for those who ask for it', () => {
  const lines: string[] = []
  const detail = (line: string): void => void lines.push(line)
  logWith(logTo({ verbose: true, detail }), { worker: 'w' })('debug', 'request-failed', { of: 'task 1', code: 15, broker: undefined }) // prettier-ignore
  logTo({ verbose: false, detail })('error', 'request-failed')
  expect(lines).toEqual(['debug request-failed worker=w of="task 1" code=15'])
})
