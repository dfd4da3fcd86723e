# Sourced: how a daemon is started, so that it can be started again by restart.sh.
start() { # NAME CMD...
  local name=$1; shift
  printf '%q ' "$@" >"/run/lab/$name.cmd"
  setsid "$@" </dev/null >>"/run/lab/log/$name.log" 2>&1 &
  echo $! >"/run/lab/$name.daemon"
}

wait_for() { # SECONDS COMMAND...
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || { echo "gave up waiting for: $*" >&2; return 1; }
    sleep 0.2
  done
}

listens() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }
