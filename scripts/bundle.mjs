// Makes dist/bundle of dist: the program in few files, dependencies included. A worker that starts reads four files instead of 492.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** What every run of a worker loads, one after the other: they go into one file, with all that they import. */
const ofWorkers = [
  'app/log/open',
  'app/workers/files',
  'app/workers/messages',
  'app/workers/run-here',
  'cli/commands/worker-command-line',
  'cli/tasks/observe',
  'cli/tasks/tracing',
  'cli/views/worker-events',
  'pipeline/workers/index',
  'settings/resolve',
  'settings/weaknesses',
].map((name) => at(`dist/${name}.js`))

/** Or with files of their own. */
const native = [/^@bokuweb\/zstd-wasm/, /^@node-rs\/crc32/, 'classic-level', /^lz4-napi/, 'snappy']
/** Large, and loaded by what is in the bundle only for trust stores, or never: payflow's routes declare no schemas. */
const seldom = ['node-forge', '@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler']

const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m

/**
 * A bundler does not look into a module's own `require`. Without it the calls are bundled: all of kafkajs, or none of it, for payflow repairs
 * it in place.
 */
const requires = {
  name: 'requires',
  load(id) {
    if (!id.startsWith(at('dist/'))) return undefined
    const code = readFileSync(id, 'utf8').replace(OWN_REQUIRE, '')
    if (/require\w* = createRequire|\brequire\((?!["'])/.test(code))
      throw new Error(`${id} makes a require that cannot be bundled`)
    return { code, map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) }
  },
}

/**
 * Node 20 does not know where a script belongs whose code V8 has kept, and so imports nothing for it: `start.cjs` does. A chunk that Node has
 * loaded itself imports itself.
 */
const IMPORT = '(typeof importModule==="undefined"?name=>import(name):importModule)('
const imports = {
  name: 'imports',
  renderChunk: (code) => ({ code: code.replace(/\bimport\(/g, () => IMPORT), map: null }),
}

/** zod brings its messages in fifty languages, of which it uses one. */
const english = {
  name: 'english',
  load: (id) => (/\/zod\/v4\/locales\/index\.js$/.test(id) ? "export { default as en } from './en.js'" : undefined),
}

const gone = ofWorkers.find((path) => !existsSync(path))
if (gone) throw new Error(`${gone} is not there: what does a worker load instead?`)
rmSync(at('dist/bundle'), { recursive: true, force: true })
const output = {
  dir: at('dist/bundle'),
  // scripts, for only of those V8 tells what it has compiled
  format: 'cjs',
  banner: '"use strict";',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  sourcemap: true,
  sourcemapExcludeSources: true,
  // the text of functions and names of classes stay: errors are told apart by them
  keepNames: true,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
}
await build({ input: { start: at('dist/cli/shell/start.js') }, platform: 'node', output })
await build({
  input: { main: at('dist/cli/shell/main.js') },
  platform: 'node',
  external: [...native, ...seldom],
  plugins: [requires, english, imports],
  checks: { ineffectiveDynamicImport: false },
  output: {
    ...output,
    codeSplitting: {
      groups: [
        { name: 'command', tags: ['$initial'], priority: 2 },
        { name: 'worker', test: (id) => ofWorkers.includes(id), priority: 1 },
      ],
    },
  },
})
