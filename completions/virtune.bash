# Completion of virtune for bash. In ~/.bashrc: source <(virtune completion bash)
_virtune() {
  local words=() rest=${COMP_LINE:0:COMP_POINT} piece blank i
  COMPREPLY=()
  rest=${rest#*"${COMP_WORDS[0]}"}
  # Bash takes words apart at = : @ too.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    blank=${rest%%[![:space:]]*}
    rest=${rest#"$blank"}
    piece=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=$rest
    rest=${rest#"$piece"}
    if [[ -n $blank || ${#words[@]} -eq 0 ]]; then
      words+=("$piece")
    else
      words[${#words[@]} - 1]+=$piece
    fi
  done
  local current=${words[${#words[@]} - 1]} breaks='' cut='' kind='' value more
  for piece in = : @; do
    [[ $COMP_WORDBREAKS == *"$piece"* ]] && breaks+=$piece
  done
  [[ -n $breaks ]] && cut=${current%"${current##*[$breaks]}"}
  while IFS=$'\t' read -r value more; do
    if [[ -z $kind ]]; then
      kind=$value
      [[ $kind == files ]] || continue
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do
        value=$more$value
        COMPREPLY+=("${value#"$cut"}")
      done < <(compgen -f -- "${current#"$more"}")
    else
      COMPREPLY+=("${value#"$cut"}")
    fi
  done < <(virtune completion --words -- "${words[@]}" 2>/dev/null)
}
complete -F _virtune virtune
