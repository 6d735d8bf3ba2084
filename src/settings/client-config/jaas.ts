/** What `sasl.jaas.config` says: the class of the login module, without its package, and its options. */
export interface JaasEntry {
  readonly module: string
  readonly options: ReadonlyMap<string, string>
}

const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;]+)/

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, '$1')

/** Reads `package.PlainLoginModule required username="…" password="…";`. Undefined when it is not of that form. */
export function parseJaas(text: string): JaasEntry | undefined {
  const head = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b/i.exec(text)
  if (!head) return undefined
  const option = new RegExp(String.raw`\s*([\w.]+)\s*=\s*(?:${QUOTED.source})`, 'gsy')
  const options = new Map<string, string>()
  option.lastIndex = head[0].length
  let end = option.lastIndex
  for (let found = option.exec(text); found; found = option.exec(text)) {
    const [, name = '', double, single, bare = ''] = found
    options.set(name, double === undefined && single === undefined ? bare : unescaped(double ?? single ?? ''))
    end = option.lastIndex
  }
  if (!/^\s*;?\s*$/.test(text.slice(end))) return undefined
  return { module: head[1]!.split('.').at(-1)!, options }
}
