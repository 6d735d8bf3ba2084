import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { bin } from '../support/cli.ts'
import { client } from '../support/isolated.ts'

const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** A `payflow` on the path, and the environment in which shells find it. */
function installed(addresses: readonly string[]): NodeJS.ProcessEnv {
  const home = mkdtempSync(join(tmpdir(), 'payflow-completion-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  writeFileSync(join(home, 'payflow'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
  chmodSync(join(home, 'payflow'), 0o755)
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(home, shell), execFileSync(process.execPath, [bin, 'completion', shell]))
  return { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, PAYFLOW_HOME: home, PAYFLOW_BROKERS: addresses.join(','), PATH: `${home}:${process.env['PATH']}` } // prettier-ignore
}

type Ask = (line: string, env: NodeJS.ProcessEnv) => string[]

/** What bash would offer after this line: its words as Readline takes them apart. */
const bash: Ask = (line, env) => {
  const script = `source "$HOME/bash"
    COMP_LINE=$1 COMP_POINT=\${#1}
    COMP_WORDS=($(sed 's/[=:]/ & /g' <<< "$1")); [[ "$1" == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    $(complete -p payflow | sed 's/.*-F \\([^ ]*\\).*/\\1/') payflow "\${COMP_WORDS[COMP_CWORD]}" ''
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script, 'bash', line], { env, encoding: 'utf8' }).split('\n').filter(Boolean)
}

/** What fish itself offers, without descriptions. */
const fish: Ask = (line, env) =>
  execFileSync('fish', ['--no-config', '-c', 'source $HOME/fish; complete -C $argv[1]', line], { env, encoding: 'utf8' })
    .split('\n').filter(Boolean).map((each) => each.split('\t')[0]!) // prettier-ignore

/** What zsh's own completion adds, in a terminal of its own: it is told by a stand-in for compadd. */
const zsh: Ask = (line, env) => {
  writeFileSync(
    join(env['HOME']!, '.zshrc'),
    `autoload -Uz compinit; compinit -u -D; source $HOME/zsh
     compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $found >> $HOME/found; builtin compadd "$@" }
     zle -C offer complete-word _main_complete; bindkey '^I' offer; PS1='ready> '`,
  )
  const script = `zmodload zsh/zpty; : > $HOME/found
    zpty shell zsh -i; zpty -w shell "$1"$'\\t' ; zpty -n -w shell $'\\t'
    for i in {1..150}; do sleep 0.1; zpty -r -t shell got; [[ -s $HOME/found ]] && sleep 0.3 && break; done
    zpty -d shell; cat $HOME/found`
  return [
    ...new Set(
      execFileSync('zsh', ['-f', '-c', script, 'zsh', line], { env, encoding: 'utf8' }).split('\n').filter(Boolean),
    ),
  ]
}

const all: readonly (readonly [string, Ask])[] = [
  ['bash', bash],
  ['fish', fish],
  ['zsh', zsh],
]

test.each(all.filter(([shell]) => isInstalled(shell)))(
  '%s completes commands, options, values and names of the cluster',
  async (_, ask) => {
    await createTopics(client(), [{ topic: 'completed-here', partitions: 1, replicationFactor: 1 }])
    const env = installed(brokers())
    expect(ask('payflow tra', env)).toEqual(['trace'])
    expect(ask('payflow tail completed', env)).toEqual(['completed-here'])
    expect(ask('payflow worker large', env)).toEqual(['large-orders'])
    expect(ask('payflow tail --no-f', env)).toEqual(['--no-follow'])
    expect(ask('payflow completion ', env).sort()).toEqual(['bash', 'fish', 'zsh'])
  },
)

test('bash takes words apart at = and :, and gets the rest of them', () => {
  const env = installed(['127.0.0.1:1'])
  expect(bash('payflow --engine=lo', env)).toEqual(['local'])
  expect(bash('payflow --brokers localhost:9092 tai', env)).toEqual(['tail'])
})

test('it is quick and silent where no broker answers', () => {
  const env = installed(['127.0.0.1:1'])
  const began = performance.now()
  const { stdout, stderr, status } = spawnSync('payflow', ['__complete', '--', 'tail', ''], { env, encoding: 'utf8' })
  expect([stdout, stderr, status]).toEqual(['', '', 0])
  expect(performance.now() - began).toBeLessThan(5_000)
})
