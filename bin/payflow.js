#!/usr/bin/env node
import { main } from '../dist/cli/shell/main.js'

process.exitCode = await main(process.argv.slice(2))
// Nothing is left to do: a socket that some library forgot must not keep a finished command alive.
setTimeout(() => process.exit(), 250).unref()
