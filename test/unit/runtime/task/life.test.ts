import { expect, test } from 'vitest'
import { TaskLifecycle, type TaskPhase } from '../../../../src/runtime/task/life.ts'

function walk(...phases: TaskPhase[]): string[] {
  const moves: string[] = []
  const lifecycle = new TaskLifecycle('w/0', (from, to) => moves.push(`${from} → ${to}`))
  for (const phase of phases) lifecycle.enter(phase)
  return moves
}

test('a task that aborts begins again with fencing', () => {
  expect(walk('fencing', 'seeking', 'restoring', 'running', 'aborting', 'fencing')).toHaveLength(6)
})

test.each<TaskPhase[]>([
  ['running'],
  ['fencing', 'restoring'],
  ['fencing', 'seeking', 'running'],
  ['fencing', 'seeking', 'restoring', 'running', 'fencing'],
  ['revoked', 'fencing'],
])('an illegal move throws (%j)', (...phases) => {
  expect(() => walk(...phases)).toThrow('is not a legal move')
})
