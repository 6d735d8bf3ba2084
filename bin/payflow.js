#!/usr/bin/env node
// Read by every Node there is, also one that is too old for payflow: nothing newer than 2015 here, and no static import.
var needed = [20, 19]
var found = process.versions.node.split('.').map(Number)

if (found[0] > needed[0] || (found[0] === needed[0] && found[1] >= needed[1])) {
  // before anything is loaded: only then are stacks told in the lines of single modules
  if (process.argv.indexOf('--verbose') > 0 || process.argv.indexOf('-v') > 0) process.setSourceMapsEnabled(true)
  load()
    .then(function (cli) {
      return cli.main(process.argv.slice(2))
    })
    .then(function (exitCode) {
      process.exitCode = exitCode
      // Nothing is left to do: a socket that some library forgot must not keep a finished command alive.
      setTimeout(function () {
        process.exit()
      }, 250).unref()
    })
    .catch(function (error) {
      console.error('Error: payflow could not be loaded: ' + error.message.split('\n')[0])
      console.error('\u2192 install it again; in a clone: `npm ci`')
      process.exitCode = 1
    })
} else {
  console.error('Error: payflow needs Node.js ' + needed.join('.') + ' or newer; this is ' + process.versions.node)
  console.error('\u2192 install a newer one; `node --version` says which one this shell uses')
  process.exitCode = 2
}

function load() {
  // `npm run dev` and the mutations of the tests leave single modules only
  if (!require('fs').existsSync(require('path').join(__dirname, '../dist/bundle')))
    return import('../dist/cli/shell/main.js')
  return new Promise(function (resolve) {
    resolve(require('../dist/bundle/start.cjs').program(process.argv.slice(2)))
  })
}
