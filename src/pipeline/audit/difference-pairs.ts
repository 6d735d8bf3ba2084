import type { Difference, FoundOutput, Place } from './rule.ts'

export interface ExpectedLine {
  readonly key: string
  readonly partition: number
  readonly text: string
  readonly input: Place
}

export interface FoundLine extends FoundOutput {
  readonly note?: string | undefined
}

/** Differences that are kept in detail; all of them are counted. */
export const MAX_DIFFERENCES = 20

/** What is missing and what is too much of one key belong together: an event that is not as it must be. In the order of the topic. */
export function pairDifferences(
  topic: string,
  expected: readonly ExpectedLine[],
  found: readonly FoundLine[],
  partitionOf: (key: string) => number,
): Difference[] {
  const open = new Map<string, ExpectedLine[]>()
  for (const line of expected) {
    const lines = open.get(line.key)
    if (lines) lines.push(line)
    else open.set(line.key, [line])
  }
  const inOrder = found.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
  const differences = inOrder.slice(0, MAX_DIFFERENCES).map((line): Difference => {
    const other = open.get(line.key ?? '')?.shift()
    const note = line.note ?? (other ? undefined : surplusNote(line, partitionOf))
    return {
      ...{ topic, partition: line.partition, offset: line.offset },
      ...{ expected: other?.text ?? null, found: line.text ?? 'an empty value' },
      ...(note !== undefined && { note }),
      ...(other && { input: other.input }),
    }
  })
  const missing = [...open.values()].flat().sort((a, b) => comparePlaces(a.input, b.input))
  for (const { partition, text, input } of missing.slice(0, MAX_DIFFERENCES))
    differences.push({ topic, partition, offset: null, expected: text, found: null, input })
  return differences.slice(0, MAX_DIFFERENCES)
}

function surplusNote({ key, partition }: FoundLine, partitionOf: (key: string) => number): string {
  const home = key === null ? partition : partitionOf(key)
  return home === partition ? 'no input gives it, or not so often' : `key ${key ?? ''} belongs to partition ${home}`
}

const comparePlaces = (a: Place, b: Place): number =>
  a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset
