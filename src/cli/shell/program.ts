import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Help } from 'commander'
import { packageRoot } from '../../package-root.ts'
import { examples } from './action.ts'
import { registerAcl } from '../commands/acl.ts'
import { registerAll } from '../commands/all.ts'
import { registerAudit } from '../commands/audit.ts'
import { registerChaos } from '../commands/chaos.ts'
import { registerCompletion } from '../commands/completion.ts'
import { registerConfig } from '../commands/config.ts'
import { registerDashboard } from '../commands/dashboard.ts'
import { registerDeadLetters } from '../commands/dead-letters.ts'
import { registerDoctor } from '../commands/doctor.ts'
import { registerGroups } from '../commands/groups.ts'
import { registerInfra } from '../commands/infra.ts'
import { registerInit } from '../commands/init.ts'
import { registerKsql } from '../commands/ksql.ts'
import { registerProduce } from '../commands/produce.ts'
import { registerStatus } from '../commands/status.ts'
import { registerTail } from '../commands/tail.ts'
import { registerTop } from '../commands/top.ts'
import { registerTopics } from '../commands/topics.ts'
import { registerTrace } from '../commands/trace.ts'
import { registerWhy } from '../commands/why.ts'
import { registerWorker } from '../commands/worker.ts'
import { addGlobalSettings } from './setting-options.ts'
import type { World } from './world.ts'

function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string } // prettier-ignore
  return version
}

/** The whole command line. Its actions reject with PayflowError or CommanderError; who calls it shows them. */
export function createProgram(world: World): Command {
  const program = new Command('payflow')
    .description('Orders, payments and user activity through a real Kafka, exactly once')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => world.columns(),
      getErrHelpWidth: () => world.columns(),
    })
    .configureHelp({
      showGlobalOptions: true,
      // Short, so that the descriptions beside them have room to wrap on 80 columns.
      subcommandTerm: (command) => new Help().subcommandTerm(command).replace(' [options]', ''),
    })
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .option('--config <file>', 'settings file instead of payflow.config.json (PAYFLOW_CONFIG)')
    .option('--json', 'results as JSON on stdout')
    .option('-q, --quiet', 'no progress on stderr')
    .option('-v, --verbose', 'more on stderr, and stacks of errors')
    .option('--no-color', 'no colours (NO_COLOR)')
  addGlobalSettings(program)
  program.addHelpText(
    'after',
    '\nSecured clusters: --client-config, or --tls-ca, --sasl-mechanism and others\n(docs/secured-clusters.md; `payflow config show` lists all settings)',
  )
  examples(program, 'payflow all', 'payflow all --duration 30s --json', 'payflow infra up && payflow topics create')
  for (const register of [
    registerAll,
    registerInfra,
    registerStatus,
    registerTop,
    registerWhy,
    registerTopics,
    registerGroups,
    registerProduce,
    registerInit,
    registerWorker,
    registerKsql,
    registerTail,
    registerTrace,
    registerDashboard,
    registerDeadLetters,
    registerDoctor,
    registerChaos,
    registerAudit,
    registerAcl,
    registerConfig,
    registerCompletion,
  ])
    register(program, world)
  return program
}
