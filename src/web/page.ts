import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PayflowError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'

/** The page as the build made it: everything it needs is in it. */
export interface Page {
  readonly html: string
  /** Allows exactly its own script and style, and requests to where it came from. */
  readonly policy: string
  /** Another page has another one. */
  readonly build: string
}

const pathOfPage = join(packageRoot, 'dist', 'web', 'page.html')

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** @throws PayflowError when payflow was not built */
export function loadPage(path = pathOfPage): Page {
  let html: string
  try {
    html = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new PayflowError('PAGE_MISSING', 'The page is not there: this payflow has not been built completely', {
      kind: 'failed',
      hint: 'build it with `npm run build`, or install payflow again',
      cause,
    })
  }
  const inside = (tag: string): string[] =>
    [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text = '']) => sha256(text))
  const policy = [
    "default-src 'none'",
    `script-src ${inside('script').join(' ')}`,
    `style-src ${inside('style').join(' ')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return { html, policy, build: createHash('sha256').update(html).digest('hex').slice(0, 12) }
}
