import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const bridge = fileURLToPath(new URL('./terminal.py', import.meta.url))

export interface Terminal {
  /** Of the command that runs in it. */
  readonly pid: Promise<number>
  /** The lines of its other screen as they are now, without colours; empty while that is not shown. */
  readonly screen: () => string[]
  /** Whether the other screen is shown, whether the cursor is. */
  readonly isFullScreen: () => boolean
  readonly hasCursor: () => boolean
  /** What stands on the usual screen. */
  readonly written: () => string
  readonly type: (keys: string) => void
  readonly resize: (columns: number, rows: number) => void
  readonly ended: Promise<number>
}

/** A command in a terminal of its own: what it shows, and what somebody types. It is killed when the test ends. */
export function terminal(
  [file, ...argv]: readonly string[],
  { env, columns = 80, rows = 24 }: { env: NodeJS.ProcessEnv; columns?: number; rows?: number },
): Terminal {
  const child = spawn('python3', [bridge, String(columns), String(rows), file!, ...argv], { env, stdio: ['pipe', 'pipe', 'inherit'] }) // prettier-ignore
  onTestFinished(() => void child.kill('SIGTERM'))
  const shown = new Shown()
  let first = ''
  let told: (pid: number) => void = () => undefined
  const pid = new Promise<number>((resolve) => (told = resolve))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (first.includes('\n')) {
      shown.take(text)
      return
    }
    first += text
    const end = first.indexOf('\n')
    if (end < 0) return
    told(Number(first.slice(0, end)))
    shown.take(first.slice(end + 1))
  })
  const ended = once(child, 'close').then(([code]) => code as number)
  return {
    ...{ pid, ended },
    screen: () => shown.screen(),
    isFullScreen: () => shown.isFullScreen,
    hasCursor: () => shown.hasCursor,
    written: () => shown.usual,
    type: (keys) => void child.stdin.write(keys),
    resize: (wide, high) => void child.stdin.write(`\0${wide} ${high}\n`),
  }
}

const PART = /\u001B\[([?\d;]*)([A-Za-z])|\r|\n|[^\u001B\r\n]+|\u001B/gu

/** Just as much of a terminal as payflow uses. */
class Shown {
  isFullScreen = false
  hasCursor = true
  usual = ''
  #lines: string[] = []
  #row = 0
  #column = 0
  #rest = ''

  take(text: string): void {
    const all = this.#rest + text
    // a sequence that is cut in two
    const cut = /\u001B(\[[?\d;]*)?$/u.exec(all)
    this.#rest = cut?.[0] ?? ''
    for (const [part, parameters, command] of all.slice(0, all.length - this.#rest.length).matchAll(PART))
      if (command !== undefined) this.#obey(command, parameters ?? '')
      else this.#write(part)
  }

  screen(): string[] {
    return this.isFullScreen ? [...this.#lines] : []
  }

  #obey(command: string, parameters: string): void {
    const [first = 1, second = 1] = parameters.replace('?', '').split(';').map((number) => Number(number) || 1) // prettier-ignore
    if (parameters === '?1049') this.isFullScreen = command === 'h'
    else if (parameters === '?25') this.hasCursor = command === 'h'
    else if (command === 'J') this.#lines = []
    else if (command === 'H') [this.#row, this.#column] = [first - 1, second - 1]
    else if (command === 'K') this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column)
  }

  #write(text: string): void {
    if (!this.isFullScreen) {
      this.usual += text
      return
    }
    if (text === '\r') this.#column = 0
    else if (text === '\n') this.#row++
    else {
      while (this.#lines.length <= this.#row) this.#lines.push('')
      const line = this.#lines[this.#row]!.padEnd(this.#column)
      this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length)
      this.#column += text.length
    }
  }
}
