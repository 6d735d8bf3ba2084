import { expect, test } from 'vitest'
import { lastErrors } from '../../../../src/infra/local/maven.ts'

test("Maven's errors are kept, its standing advice is not", () => {
  const output = [
    '[INFO] Scanning for projects...',
    '[ERROR] Failed to execute goal on project local-kafka: Could not resolve dependencies -> [Help 1]',
    '[ERROR] ',
    '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.',
    '[ERROR] Re-run Maven using the -X switch to enable full debug logging.',
    '[ERROR] For more information about the errors and possible solutions, please read the following articles:',
    '[ERROR] [Help 1] http://example.test/DependencyResolutionException',
  ].join('\n')
  expect(lastErrors(output)).toEqual(['Failed to execute goal on project local-kafka: Could not resolve dependencies'])
  expect(lastErrors('')).toEqual([])
})
