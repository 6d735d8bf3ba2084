import { register } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import { loadFailure } from './load-failure.ts'

const entry = join(packageRoot, 'dist/index.js')

/**
 * Runs in Node's thread for such hooks. Custom files import payflow from wherever they are: it is this very package. What they import of their own is
 * told, even what is not there. That thread has a voice of its own for warnings, none of which a user of payflow can act on.
 */
const HOOK = `
let port, self
export const initialize = (data) => {
  ;({ port, self } = data)
  process.removeAllListeners('warning')
}
const isOwn = (url) => url?.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(self.slice(0, self.lastIndexOf('/') + 1))
const tell = (url) => isOwn(url) && port.postMessage(url)
export const resolve = async (name, context, next) => {
  if (name === 'payflow') return { url: self, shortCircuit: true }
  try {
    const found = await next(name, context)
    tell(found.url)
    return found
  } catch (error) {
    if (/^\\.{0,2}\\//.test(name)) tell(new URL(name, context.parentURL).href)
    throw error
  }
}
`

let loaded: MessagePort | undefined
const files = new Set<string>()

function provideThisPackage(): void {
  if (loaded) return
  const { port1, port2 } = new MessageChannel()
  port1.unref()
  loaded = port1
  const data = { port: port2, self: pathToFileURL(entry).href }
  register(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data, transferList: [port2] })
}

/** The files that custom workers are made of: their own, and what they import that is in no package, even what is not there. */
export function loadedFiles(): string[] {
  for (let got = loaded && receiveMessageOnPort(loaded); got; got = receiveMessageOnPort(loaded!))
    files.add(fileURLToPath(got.message as string))
  return [...files]
}

/** @throws PayflowError (usage) that says why the file cannot be loaded, and what is to be done. `path`: as it was named. */
export async function importFile(path: string, file: string): Promise<Record<string, unknown>> {
  provideThisPackage()
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    const { node } = process.versions
    const exported = messageOf(error).includes("'payflow'") ? Object.keys((await import(pathToFileURL(entry).href)) as object) : [] // prettier-ignore
    throw loadFailure(error, { path, file, node, exported, imported: loadedFiles().filter((other) => other !== file) })
  }
}
