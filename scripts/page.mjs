// Makes one page of all that the browser needs: its code, uPlot and the styles. It asks for nothing else, so it works without a network.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const client = join(root, 'src', 'web', 'client')
const uplot = dirname(dirname(createRequire(import.meta.url).resolve('uplot')))

const bundled = async (options) => {
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    write: false,
    target: 'es2022',
    logLevel: 'warning',
    ...options,
  })
  return outputFiles[0].text.trim()
}
const license = readFileSync(join(uplot, 'LICENSE'), 'utf8').trim()
const script = await bundled({
  entryPoints: [join(client, 'main.ts')],
  format: 'iife',
  tsconfig: join(client, 'tsconfig.json'),
})
const styles =
  readFileSync(join(uplot, 'dist', 'uPlot.min.css'), 'utf8') + readFileSync(join(client, 'style.css'), 'utf8')
const style = await bundled({ stdin: { contents: styles, loader: 'css' } })

const page = readFileSync(join(client, 'index.html'), 'utf8')
  .replace(/\s*\/\*STYLE\*\/\s*/, () => style)
  .replace(/\s*\/\*SCRIPT\*\/\s*/, () => `/* uPlot:\n${license}\n*/\n${script}`)
mkdirSync(join(root, 'dist', 'web'), { recursive: true })
writeFileSync(join(root, 'dist', 'web', 'page.html'), page)
