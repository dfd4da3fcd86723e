#!/bin/bash
# Restarts one daemon of the cloud: the name of a file /run/lab/NAME.daemon.
set -eu
. /run/lab/bin/start.sh
name=$1
[[ -s /run/lab/$name.daemon ]] || { echo "no such daemon: $name (there are: $(cd /run/lab && echo *.daemon))" >&2; exit 1; }
pid=$(<"/run/lab/$name.daemon")
kill "$pid" 2>/dev/null || :
for _ in {1..100}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
kill -9 "$pid" 2>/dev/null || :
eval "start $name $(<"/run/lab/$name.cmd")"
