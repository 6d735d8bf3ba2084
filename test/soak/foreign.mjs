#!/usr/bin/env node
// Runs payflow over what a foreign program has written, and checks what came of it. See README.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCluster } from './cluster.mjs'
import { payflowIn, run } from './payflow.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..', '..')
const { values } = parseArgs({
  options: { count: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
})
const home = mkdtempSync(join(tmpdir(), 'payflow-soak-'))
const env = { ...process.env, PAYFLOW_HOME: home, PAYFLOW_KAFKA_PORT: '0', PAYFLOW_ZOOKEEPER_PORT: '0', NO_COLOR: '1' }
const payflow = payflowIn(root, env)
process.on('exit', () => {
  spawnSync(process.execPath, [`${root}/bin/payflow.js`, 'infra', 'down', '--volumes'], { env })
  rmSync(home, { recursive: true, force: true })
})

const { direct } = await startCluster(payflow, home)
const brokers = direct.join()
const python = async (script, ...argv) => {
  const onLine = (line) => process.stderr.write(`${script}: ${line}\n`)
  return (await run('python3', ['-B', join(here, script), brokers, ...argv], { env, onLine }).ended).lines.at(-1)
}
await payflow.call('topics', 'create')
console.log(`written: ${await python('foreign.py', values.count, values.seed)}`)
const startedMs = Date.now()
console.log(await payflow.call('worker', 'all', '--until-caught-up', '--json'))
console.log(`processed in ${(Date.now() - startedMs) / 1000} s`)
const verified = JSON.parse(await python('verify.py'))
console.log(JSON.stringify(verified, null, 2))
console.log(`audit: ${await payflow.call('audit', '--json')}`)
process.exit(verified.ok ? 0 : 4)
