# Sourced by lab.sh: hypervisors as namespaces. Each is one `unshare` with a PID 1 of its own (inside/init.sh), so that
# killing that one process ends all of the host and takes its mounts and interfaces with it. What is running is read
# from the process table and from the alias of the lab's bridge, never from files that a crash leaves stale.

MAX_HOSTS=200

# The processes outside that hold this lab's hosts: "PID NAME" a line.
lab_processes() {
  local file argv
  for file in /proc/[0-9]*/cmdline; do
    mapfile -d '' -t argv <"$file" 2>/dev/null || continue
    [[ ${argv[*]-} = *"$LAB/hosts/"* ]] || continue
    local i
    for i in "${!argv[@]}"; do
      if [[ ${argv[i]} = */inside/init.sh && ${argv[i + 1]-} = "$LAB/hosts/"* ]]; then
        file=${file%/cmdline}
        echo "${file##*/} ${argv[i + 2]-}"
      fi
    done
  done 2>/dev/null
}

lab_bridges() { # names of the bridges that this lab made, found by their alias
  local file alias
  for file in /sys/class/net/vlab*/ifalias; do
    [[ -e $file ]] || continue
    alias=''
    read -r alias <"$file" || :
    [[ $alias = "$LAB" ]] || continue
    file=${file%/ifalias}
    echo "${file##*/}"
  done
}

host_names() { local i; for ((i = 1; i <= LAB_HOSTS; i++)); do printf '%s%02d\n' "$LAB_PREFIX" "$i"; done; }
host_index() { local n=${1#"$LAB_PREFIX"}; [[ $n =~ ^[0-9]+$ ]] || return 1; echo $((10#$n)); }
host_address() { echo "10.77.$LAB_SUBNET.$((10 + $1))"; }

load_env() { [[ -f $LAB/lab.env ]] || return 1; . "$LAB/lab.env"; }

# Prints the pid of a host's PID 1 as seen from here, if it runs.
host_pid() { # NAME
  local pid argv
  read -r pid 2>/dev/null <"$LAB/hosts/$1/pid" || return 1
  mapfile -d '' -t argv 2>/dev/null <"/proc/$pid/cmdline" || return 1
  [[ ${argv[*]-} = *"/inside/init.sh $LAB/hosts/$1 $1" ]] || return 1     # or the number is another process's now
  echo "$pid"
}

host_exec() { # NAME CMD...
  local name=$1 pid; shift
  require_root
  [[ $name =~ ^[A-Za-z0-9-]+$ ]] && pid=$(host_pid "$name") || die "no such host is running: $name"
  env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/bash TERM="${TERM:-dumb}" LC_ALL=C \
    LIBVIRT_DEFAULT_URI=qemu:///system \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    nsenter --target "$pid" --net --mount --uts --ipc --pid --root --wd -- "$@"
}

kernel_has_tc() { # all that libvirt's limits need
  unshare --net sh -e -c '
    ip link add name t type veth peer name u
    tc qdisc add dev t root handle 1: htb default 1
    tc class add dev t parent 1: classid 1:1 htb rate 8mbit
    tc qdisc add dev t parent 1:1 handle 2: sfq perturb 10
    tc filter add dev t parent 1:0 protocol all prio 1 handle 1 fw flowid 1
    tc qdisc add dev t ingress
    tc filter add dev t parent ffff: protocol all u32 match u32 0 0 police rate 8mbit burst 8kb mtu 64kb drop flowid :1
  ' >/dev/null 2>&1
}

# The first free 10.77.X.0/24. Making the bridge is the claim, so two labs that start at once do not collide.
claim_subnet() {
  local start i x routes
  start=$(($(cksum <<<"$LAB" | cut -d' ' -f1) % 256))
  routes=$(ip -4 route show table all)
  for ((i = 0; i < 256; i++)); do
    x=$(((start + i) % 256))
    [[ $routes != *"10.77.$x."* ]] || continue
    ip link add "vlab$x" type bridge forward_delay 0 2>/dev/null || continue
    ip link set "vlab$x" alias "$LAB"
    ip addr add "10.77.$x.1/24" dev "vlab$x"
    ip link set "vlab$x" up
    LAB_SUBNET=$x
    return
  done
  die 'no 10.77.x.0/24 is free'
}

# What stays the same over a restart of a host: its address and its keys.
prepare_host() { # NAME INDEX
  local dir=$LAB/hosts/$1
  mkdir -p "$dir/log" "$dir/bin" "$dir/sshd.d"
  cp "$HERE"/inside/* "$dir/bin/"
  cp "$LAB/id_ed25519.pub" "$dir/authorized_keys"
  [[ -f $dir/ssh_host_ed25519_key ]] || {
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$dir/ssh_host_ed25519_key"
    ssh-keygen -q -s "$LAB/host_ca" -h -I "$1" -n "$1,$(host_address "$2")" "$dir/ssh_host_ed25519_key.pub"
  }
  {
    printf 'LAB_NAME=%q\n' "$1"
    printf 'LAB_ADDRESS=%q\n' "$(host_address "$2")"
    printf 'LAB_OVS=%q\nLAB_OVS_DATAPATH=netdev\nLAB_TC=%q\n' "$LAB_OVS" "$LAB_TC"
  } >"$dir/env"
}

boot_host() { # NAME INDEX
  local name=$1 index=$2 dir=$LAB/hosts/$1 veth=vl$LAB_SUBNET-$2 pid init end=$((SECONDS + 20))
  rm -rf "$dir"/{pid,real-tc,tc-fail,tc-sleep,qemu-capabilities} "$dir"/sshd.d/* "$dir"/log/*
  # The lock must not pass to daemons, nor the caller's terminal and its Ctrl-C.
  setsid unshare --net --mount --uts --ipc --pid --fork -- \
    /bin/bash "$HERE/inside/init.sh" "$dir" "$name" </dev/null >"$dir/log/init.log" 2>&1 9>&- &
  init=$!
  until [[ -s $dir/pid ]]; do
    kill -0 $init 2>/dev/null && ((SECONDS < end)) || return 1
    sleep 0.02
  done
  disown $init
  read -r pid <"$dir/pid"
  ip link delete "$veth" 2>/dev/null || :
  ip link add "$veth" type veth peer name eth0 netns "$pid"
  ip link set "$veth" master "vlab$LAB_SUBNET" up
  # A host that is started again has another MAC: without this, connections to it would hang for 10 to 20 s.
  ip neigh flush dev "vlab$LAB_SUBNET" to "$(host_address "$index")" 2>/dev/null || :
  if [[ -d $LAB/qemu-capabilities ]]; then cp -rp "$LAB/qemu-capabilities" "$dir/"; fi
  host_exec "$name" bash -ec "
    ip addr add $(host_address "$index")/24 dev eth0
    ip link set eth0 up
    bash /run/lab/bin/daemons.sh
    bash /run/lab/bin/provision.sh
  " </dev/null >>"$dir/log/init.log" 2>&1 9>&- || return 1
}

boot_guests() { # NAME INDEX
  local arguments=() i
  for ((i = 1; i <= LAB_GUESTS; i++)); do
    ((i == 1)) || arguments+=(--)
    arguments+=("$(printf 'web-%02d' "$i")" --seed $(($2 << 8 | i)) --nics 2)
  done
  ((${#arguments[@]})) || return 0
  printf '%s\0' "${arguments[@]}" |
    host_exec "$1" bash /run/lab/bin/guest.sh --args >>"$LAB/hosts/$1/log/init.log" 2>&1 9>&-
}

report_failure() { # NAME
  say "$1 did not come up:"
  local f
  for f in init libvirtd sshd; do
    [[ -s $LAB/hosts/$1/log/$f.log ]] && tail -n 15 "$LAB/hosts/$1/log/$f.log" | sed "s/^/  $f: /" >&2
  done || :
}

kill_hosts() { # [NAME]   all of them, or one
  local pid name pids=() end
  while read -r pid name; do
    [[ -z ${1-} || $name = "$1" ]] && pids+=("$pid")
  done < <(lab_processes)
  ((${#pids[@]})) || return 0
  kill -9 "${pids[@]}" 2>/dev/null || :
  end=$((SECONDS + 30))
  for pid in "${pids[@]}"; do
    while [[ -d /proc/$pid ]]; do
      ((SECONDS < end)) || die "process $pid does not end"
      sleep 0.02
    done
  done
}

hosts_down() {
  local started; started=$(now_ms)
  require_root
  if ! { true >&9; } 2>/dev/null; then      # called by the user, not by a failing `up`, which holds the lock
    mkdir -p "$LAB"
    exec 9>"$LAB/lock"
    flock -w 10 9 || die "another command is at work in $LAB"
  fi
  kill_hosts
  local bridge port
  for bridge in $(lab_bridges); do
    for port in /sys/class/net/"$bridge"/brif/*; do      # the other end may outlive its namespace for a moment
      [[ -e $port ]] && ip link delete "${port##*/}" 2>/dev/null || :
    done
    ip link delete "$bridge"
  done
  rm -rf "$LAB/hosts"
  kill_hosts            # what a killed `up` started meanwhile; without its directory it can start no more
  rm -rf "$LAB"/{qemu-capabilities,id_ed25519,id_ed25519.pub,host_ca,host_ca.pub,known_hosts,known_hosts_ca,inventory.yml,lab.env,ready,lock}
  rmdir "$LAB" 2>/dev/null || :
  say "down after $(seconds_since "$started") s"
}

write_client_files() {
  local name i key
  : >"$LAB/known_hosts"
  read -r key <"$LAB/host_ca.pub"
  echo "@cert-authority 10.77.$LAB_SUBNET.*,$LAB_PREFIX* ${key% *}" >"$LAB/known_hosts_ca"
  {
    printf 'all:\n  children:\n    compute:\n      hosts:\n'
    for name in $(host_names); do
      i=$(host_index "$name")
      read -r key <"$LAB/hosts/$name/ssh_host_ed25519_key.pub"
      echo "$(host_address "$i"),$name ${key% *}" >>"$LAB/known_hosts"
      printf '        %s:\n          ansible_host: %s\n          ansible_port: 22\n' "$name" "$(host_address "$i")"
    done
    inventory_vars "$LAB"
  } >"$LAB/inventory.yml"
}

inventory_vars() { # DIRECTORY
  local d=${1//\'/\'\'}
  printf '      vars:\n        ansible_user: root\n'
  printf "        ansible_ssh_private_key_file: '%s/id_ed25519'\n" "$d"
  printf "        virtune_known_hosts_file: '%s/known_hosts'\n" "$d"
}

hosts_up() {
  local LAB_HOSTS=3 LAB_GUESTS=2 LAB_PREFIX=hv LAB_OVS=0 LAB_TC='' LAB_SUBNET='' started wanted
  while (($#)); do
    case $1 in
      --guests | --prefix)
        (($# > 1)) || usage_error "$1 needs a value"
        if [[ $1 = --guests ]]; then LAB_GUESTS=$2; else LAB_PREFIX=$2; fi
        shift ;;
      --ovs) LAB_OVS=1 ;;
      --real-tc) LAB_TC=none ;;
      [0-9]*) LAB_HOSTS=$1 ;;
      *) usage_error "unknown argument $1" ;;
    esac
    shift
  done
  [[ $LAB_HOSTS =~ ^[0-9]+$ ]] && ((LAB_HOSTS >= 1 && LAB_HOSTS <= MAX_HOSTS)) || usage_error "hosts: 1 to $MAX_HOSTS"
  [[ $LAB_GUESTS =~ ^[0-9]+$ ]] && ((LAB_GUESTS <= 255)) || usage_error 'guests: 0 to 255'
  [[ $LAB_PREFIX =~ ^[a-z][a-z0-9-]{0,30}$ ]] || usage_error 'prefix: lower case letters, digits, -'
  started=$(now_ms)
  wanted="$LAB_HOSTS $LAB_GUESTS $LAB_PREFIX $LAB_OVS ${LAB_TC:-auto}"

  require_namespaces
  require_commands "$(missing_for_hosts)" "${HOST_PACKAGES[@]}"
  ((LAB_OVS == 0)) || require_commands "$(missing_for_ovs)" "${OVS_PACKAGES[@]}"

  mkdir -p "$LAB"
  exec 9>"$LAB/lock"
  flock -n 9 || die "another command is at work in $LAB"
  if [[ $(lab_processes) || $(lab_bridges) ]]; then
    if [[ -f $LAB/ready && $(<"$LAB/ready") = "$wanted" ]] && hosts_alive; then
      say "already up, $LAB_HOSTS hosts in $LAB"
      return 0
    fi
    die "a lab of another size, or what is left of one, is running in $LAB; stop it first: lab.sh down"
  fi
  rm -rf "$LAB"/{hosts,ready,qemu-capabilities}

  # Whatever goes wrong from here on, nothing stays.
  trap 'trap - EXIT; say "failed, taking everything down"; hosts_down' EXIT
  trap 'exit 130' INT TERM HUP
  claim_subnet
  if [[ ! $LAB_TC ]]; then if kernel_has_tc; then LAB_TC=real; else LAB_TC=stand-in; fi; fi
  {
    local v
    for v in LAB_HOSTS LAB_GUESTS LAB_PREFIX LAB_OVS LAB_TC LAB_SUBNET; do printf '%s=%q\n' $v "${!v}"; done
    printf 'LAB_BRIDGE=%q\n' "vlab$LAB_SUBNET"
    for v in id_ed25519 known_hosts known_hosts_ca inventory.yml; do printf 'LAB_%s=%q\n' "$(tr a-z. A-Z_ <<<$v)" "$LAB/$v"; done
  } >"$LAB/lab.env"
  chmod 700 "$LAB"
  rm -f "$LAB"/{id_ed25519,host_ca}*
  ssh-keygen -q -t ed25519 -N '' -C virtune-lab -f "$LAB/id_ed25519"
  ssh-keygen -q -t ed25519 -N '' -C virtune-lab-hosts -f "$LAB/host_ca"

  # The first host probes QEMU; the others are told.
  local name index jobs=() failed=()
  for name in $(host_names); do
    index=$(host_index "$name")
    prepare_host "$name" "$index"
  done
  write_client_files
  start_one() { boot_host "$@" && boot_guests "$@"; }
  for name in $(host_names); do
    index=$(host_index "$name")
    if ((index == 1)); then
      boot_host "$name" 1 || { report_failure "$name"; exit 1; }
      save_capabilities "$name"
      boot_guests "$name" 1 || { report_failure "$name"; exit 1; }
      continue
    fi
    while (($(jobs -rp | wc -l) >= $(nproc) * 2)); do wait -n || :; done
    { start_one "$name" "$index" || : >"$LAB/hosts/$name/failed"; } 9>&- &
  done
  wait
  for name in $(host_names); do
    [[ ! -e $LAB/hosts/$name/failed ]] || { report_failure "$name"; failed+=("$name"); }
  done
  ((${#failed[@]} == 0)) || exit 1
  echo "$wanted" >"$LAB/ready"
  give_away "$LAB"
  trap - EXIT INT TERM HUP
  say "up: $LAB_HOSTS hosts x $LAB_GUESTS guests on 10.77.$LAB_SUBNET.0/24, tc: $LAB_TC, after $(seconds_since "$started") s"
  say "inventory: $LAB/inventory.yml"
  grep -h 'does not start here' "$LAB"/hosts/*/log/init.log >&2 || :
}

save_capabilities() { # NAME
  host_exec "$1" virsh -q capabilities >/dev/null
  host_exec "$1" cp -rp /var/cache/libvirt/qemu/capabilities /run/lab/qemu-capabilities
  rm -rf "$LAB/qemu-capabilities"
  mv "$LAB/hosts/$1/qemu-capabilities" "$LAB/qemu-capabilities"
}

hosts_alive() { local name; for name in $(host_names); do host_pid "$name" >/dev/null || return 1; done; }

hosts_status() {
  load_env || { say "no lab in $LAB"; return 0; }
  local name pid
  echo "lab: $LAB  subnet: 10.77.$LAB_SUBNET.0/24  tc: $LAB_TC"
  for name in $(host_names); do
    if pid=$(host_pid "$name"); then
      echo "$name  $(host_address "$(host_index "$name")")  pid $pid"
      host_exec "$name" virsh -q list --all | sed 's/^/    /'
    else
      echo "$name  $(host_address "$(host_index "$name")")  stopped"
    fi
  done
}

one_host() { # checks its argument, sets $name and $index
  (($# == 1)) || usage_error 'which host?'
  require_root
  load_env || die "no lab in $LAB"
  name=$1
  index=$(host_index "$name") && ((index >= 1 && index <= LAB_HOSTS)) || die "no such host: $name"
}

host_stop() {
  local name index; one_host "$@"
  kill_hosts "$name"
  ip link delete "vl$LAB_SUBNET-$index" 2>/dev/null || :
}

host_start() {
  local name index; one_host "$@"
  ! host_pid "$name" >/dev/null || die "$name is running"
  prepare_host "$name" "$index"
  boot_host "$name" "$index" && boot_guests "$name" "$index" ||
    { report_failure "$name"; host_stop "$name"; exit 1; }
  give_away "$LAB/hosts/$name"
}

host_restart() { host_stop "$@"; host_start "$@"; }

# Plugs a host into another one instead of the lab's bridge: its address stays, but only that one has a way there.
host_behind() { # HOST BASTION
  local name index pid gate
  (($# == 2)) || usage_error 'behind HOST BASTION'
  one_host "$1"
  [[ $1 != "$2" && $2 =~ ^[A-Za-z0-9-]+$ ]] || usage_error "no host can be behind itself: $2"
  pid=$(host_pid "$1") || die "$1 is not running"
  gate=$(host_pid "$2") || die "$2 is not running"
  nsenter --target "$pid" --net ip link delete eth0
  nsenter --target "$gate" --net ip link add "behind-$index" type veth peer name eth0 netns "$pid"
  host_exec "$1" sh -ec "ip addr add $(host_address "$index")/24 dev eth0; ip link set eth0 up"
  host_exec "$2" sh -ec "ip link set behind-$index up
    ip route add $(host_address "$index") dev behind-$index src $(host_address "$(host_index "$2")")"
  ip neigh flush dev "vlab$LAB_SUBNET" to "$(host_address "$index")" 2>/dev/null || :
}
