export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The hidden command that the scripts ask. What it prints: a line each, a word and perhaps a tab and what it means; `FILES` for names of files. */
export const COMPLETE = '__complete'
export const FILES = ':files'

/** bash takes words apart at = and : as well, and replaces only the last piece. */
const BASH = `_payflow() {
  local line="\${COMP_LINE:0:COMP_POINT}" piece="\${COMP_WORDS[COMP_CWORD]}" words current found
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  case "$piece" in [=:]) piece='' ;; esac
  local before="\${current%"$piece"}"
  COMPREPLY=()
  while IFS= read -r found; do
    if [[ "$found" == '${FILES}' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$piece")
      return
    fi
    found="\${found%%$'\\t'*}"
    COMPREPLY+=("\${found#"$before"}")
  done < <("\${1/#\\~/$HOME}" ${COMPLETE} -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _payflow payflow
`

const ZSH = `#compdef payflow
_payflow() {
  local found value
  local -a described
  while IFS= read -r found; do
    if [[ "$found" == '${FILES}' ]]; then
      _files
      return
    fi
    value="\${found%%$'\\t'*}"
    if [[ "$found" == *$'\\t'* ]]; then
      described+=("\${value//:/\\\\:}:\${found#*$'\\t'}")
    else
      described+=("\${value//:/\\\\:}")
    fi
  done < <("\${(Q)words[1]}" ${COMPLETE} -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -V 'payflow' described
}
if [[ "\${funcstack[1]}" == _payflow ]]; then
  _payflow "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _payflow payflow
fi
`

const FISH = `function __payflow_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] ${COMPLETE} -- $words[2..-1] "$current" 2>/dev/null)
    if contains -- ${FILES} $found
        __fish_complete_path "$current"
    else
        string join \\n -- $found
    end
end
complete -c payflow -f -k -a '(__payflow_complete)'
`

export const scripts: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }
