export interface Token {
  /** `text`: a string in single quotes; `name`: an identifier in backquotes or double quotes, as it is written. */
  readonly kind: 'word' | 'text' | 'name' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
  /** Counted from 1. */
  readonly line: number
}

/** Where SQL text cannot be read at all: something in quotes or a comment has no end. */
export class UnfinishedSql extends Error {
  readonly line: number
  constructor(what: string, line: number) {
    super(`${what} has no end`)
    this.line = line
  }
}

const quotes: Readonly<Record<string, { kind: 'text' | 'name'; what: string }>> = {
  "'": { kind: 'text', what: 'A text in single quotes' },
  '`': { kind: 'name', what: 'A name in backquotes' },
  '"': { kind: 'name', what: 'A name in double quotes' },
}
const SPACE = /\s/
const WORD = /[\p{L}\p{N}_$@]/u

/** Where a quoted thing ends: a doubled quote is one of its characters. -1: nowhere. */
function endOfQuoted(sql: string, start: number, quote: string): number {
  for (let at = start + 1; ; at += 2) {
    at = sql.indexOf(quote, at)
    if (at < 0 || sql[at + 1] !== quote) return at < 0 ? -1 : at + 1
  }
}

/** The end of the comment that begins here; undefined when none does. -1: nowhere. */
function endOfComment(sql: string, start: number): number | undefined {
  if (sql.startsWith('--', start)) {
    const end = sql.indexOf('\n', start)
    return end < 0 ? sql.length : end
  }
  if (!sql.startsWith('/*', start)) return undefined
  const end = sql.indexOf('*/', start + 2)
  return end < 0 ? -1 : end + 2
}

/** The tokens of SQL text without its comments. @throws UnfinishedSql */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  let at = 0
  const moveTo = (end: number, what: string): void => {
    if (end < 0) throw new UnfinishedSql(what, line)
    for (; at < end; at++) if (sql[at] === '\n') line++
  }
  while (at < sql.length) {
    const start = at
    const startLine = line
    const first = sql[at]!
    const comment = endOfComment(sql, at)
    const quoted = quotes[first]
    if (SPACE.test(first)) {
      moveTo(at + 1, '')
      continue
    }
    if (comment !== undefined) {
      moveTo(comment, 'A comment')
      continue
    }
    let kind: Token['kind'] = 'symbol'
    if (quoted) {
      kind = quoted.kind
      moveTo(endOfQuoted(sql, at, first), quoted.what)
    } else if (WORD.test(first)) {
      kind = 'word'
      let end = at + 1
      while (end < sql.length && WORD.test(sql[end]!)) end++
      moveTo(end, '')
    } else moveTo(at + 1, '')
    tokens.push({ kind, text: sql.slice(start, at), start, end: at, line: startLine })
  }
  return tokens
}

/** The text that a token in quotes means. */
export const unquoted = ({ text }: Token): string => text.slice(1, -1).replaceAll(text[0]! + text[0]!, text[0]!)

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text.toUpperCase())

/** The tokens of each statement, its semicolon included; what comes after the last semicolon is the last of them. */
export function statementsOf(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]]
  for (const token of tokens) {
    statements.at(-1)!.push(token)
    if (token.kind === 'symbol' && token.text === ';') statements.push([])
  }
  return statements.filter((statement) => statement.length > 0)
}
