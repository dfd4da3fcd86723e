# Completion of virtune for fish: virtune completion fish > ~/.config/fish/completions/virtune.fish
function __virtune_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (virtune completion --words -- $words[2..-1] "$current" 2>/dev/null)
    set -l head (string split \t -- "$lines[1]")
    if test "$head[1]" = files
        set -l rest (string sub -s (math 1 + (string length -- "$head[2]")) -- "$current")
        for path in (__fish_complete_path "$rest")
            echo "$head[2]$path"
        end
    else if set -q lines[2]
        printf '%s\n' $lines[2..-1]
    end
end
complete -c virtune -f -a '(__virtune_complete)'
