import { expect, test } from 'vitest'
import { majorVersion } from '../../../../src/infra/local/java.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_402"', 8],
  ['Picked up JAVA_TOOL_OPTIONS: -Dx=y\nopenjdk version "21" 2023-09-19', 21],
  ['openjdk version "24-ea" 2025-03-18', 24],
  ['The operation couldn’t be completed. Unable to locate a Java Runtime.', undefined],
])('%s → %s', (output, major) => {
  expect(majorVersion(output)).toBe(major)
})
