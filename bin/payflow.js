#!/usr/bin/env node
// Read by every Node there is, also one that is too old for payflow: nothing newer than 2015 here, and no static import.
var needed = [20, 19]
var found = process.versions.node.split('.').map(Number)

if (found[0] > needed[0] || (found[0] === needed[0] && found[1] >= needed[1])) {
  // before anything is loaded: only then are stacks told in the lines of single modules
  if (process.argv.indexOf('--verbose') > 0 || process.argv.indexOf('-v') > 0) process.setSourceMapsEnabled(true)
  keepCompiled()
  import('../dist/bundle/main.js')
    .catch(function (error) {
      // `npm run dev` and the mutations of the tests leave single modules only
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
      return import('../dist/cli/shell/main.js')
    })
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

// Node 22.8 and later keep what they have compiled, where payflow keeps its things already: nobody else can put code there.
function keepCompiled() {
  var enable = require('module').enableCompileCache
  if (!enable || process.env.NODE_COMPILE_CACHE) return
  var home = process.env.PAYFLOW_HOME
  try {
    if (!home) home = require('path').join(require('os').homedir(), '.payflow')
    var directory = require('path').join(home, 'compiled')
    require('fs').mkdirSync(directory)
  } catch (error) {
    // no such home yet, or no right to write there: compiled anew each time
    if (error.code !== 'EEXIST') return
  }
  enable(directory)
}
