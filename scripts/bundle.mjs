// Makes dist/bundle of dist: the program in few files, dependencies included. A worker that starts reads 74 files instead of 492.
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m

/**
 * esbuild does not look into a module's own `require`. Without it the calls are bundled: all of kafkajs, or none of it, for payflow repairs
 * it in place.
 */
const requires = {
  name: 'requires',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(at('dist/'))) return undefined
      const contents = readFileSync(path, 'utf8').replace(OWN_REQUIRE, '')
      if (/require\w* = createRequire|\brequire\((?!["'])/.test(contents))
        throw new Error(`${path} makes a require that cannot be bundled`)
      return { contents, loader: 'js' }
    }),
}

/** zod brings its messages in fifty languages, of which it uses one. */
const english = {
  name: 'english',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'" })), // prettier-ignore
}

rmSync(at('dist/bundle'), { recursive: true, force: true })
await build({
  entryPoints: [at('dist/cli/shell/main.js')],
  outdir: at('dist/bundle'),
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  // the text of functions and names of classes stay: errors are told apart by them
  keepNames: true,
  minifyWhitespace: true,
  // native, or with files of their own
  external: ['@bokuweb/zstd-wasm', '@node-rs/crc32', 'classic-level', 'lz4-napi', 'snappy'],
  plugins: [requires, english],
  // what was CommonJS asks for Node's own modules with it
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" }, // prettier-ignore
  logLevel: 'warning',
})
