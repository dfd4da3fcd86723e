#compdef virtune
# Completion of virtune for zsh. In ~/.zshrc, after compinit: source <(virtune completion zsh)
_virtune() {
  local -a lines values shown
  local line prefix tab=$'\t'
  lines=("${(@f)$(virtune completion --words -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  if [[ $lines[1] == files$tab* ]]; then
    prefix=${lines[1]#files$tab}
    compset -p ${#prefix}
    _files
    return
  fi
  for line in "${(@)lines[2,-1]}"; do
    values+=("${line%%$tab*}")
    shown+=("${line/$tab/  -- }")
  done
  (( $#values )) && compadd -l -d shown -a values
}
if [[ $funcstack[1] == _virtune ]]; then _virtune "$@"; else compdef _virtune virtune; fi
