import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Everything that was started here and is not over: ended when this process ends, whatever the reason. */
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** A process, its output by line. `ended` resolves with `{ code, signal, lines }`: what it wrote to stdout. */
export function run(file, argv, { env = process.env, onLine = () => undefined, cwd } = {}) {
  const child = spawn(file, argv, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const lines = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  createInterface(child.stderr).on('line', onLine)
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child)
    return { code, signal, lines }
  })
  return { pid: child.pid, kill: (signal) => child.kill(signal), ended, lines, child }
}

/** `payflow` from one directory, with one environment. */
export const payflowIn = (root, env) => {
  const start = (argv, options = {}) => run(process.execPath, [`${root}/bin/payflow.js`, ...argv], { env, ...options })
  return {
    start,
    /** Runs it to its end. @throws with its last words when it fails */
    async call(...argv) {
      const words = []
      const { code, lines } = await start(argv, { onLine: (line) => words.push(line) }).ended
      if (code !== 0) throw new Error(`payflow ${argv.join(' ')} ended with ${code}: ${words.slice(-5).join(' | ')}`)
      return lines.join('\n')
    },
  }
}
