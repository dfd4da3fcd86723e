# Sourced by lab.sh: an OpenStack of one machine, whose parts are Debian's: Keystone, Placement, Glance, Nova with libvirt
# and QEMU, Neutron, MariaDB, RabbitMQ. It lives in one `unshare` with a PID 1 of its own (openstack/init.sh), on an
# overlay of a root file system that is built once. What takes long, the databases and what is seeded into them, is kept
# as a layer between the two: an `up` begins with it, and `down` leaves nothing of what was done since.

OS=$LAB/openstack
OS_PACKAGES=keystone,glance-api,placement-api,nova-api,nova-conductor,nova-scheduler,nova-compute-kvm,neutron-server
OS_PACKAGES+=,neutron-linuxbridge-agent,neutron-openvswitch-agent,openvswitch-switch,python3-openstackclient
OS_PACKAGES+=,mariadb-server,rabbitmq-server,python3-pymysql,uwsgi-core,uwsgi-plugin-python3,openssh-server
OS_PACKAGES+=,libvirt-daemon-system,libvirt-clients,qemu-system-x86,qemu-utils,iproute2,iptables,procps,sudo,ca-certificates
OS_COMPUTE=cmp01
OS_SEED_SECONDS=1800            # databases are made on a machine that does much else
OS_UP_SECONDS=600

os_processes() { # the process outside that holds this lab's cloud
  local file argv
  for file in /proc/[0-9]*/cmdline; do
    mapfile -d '' -t argv <"$file" 2>/dev/null || continue
    [[ ${argv[*]-} = *"/openstack/init.sh $OS" ]] || continue
    file=${file%/cmdline}
    echo "${file##*/}"
  done 2>/dev/null
}

os_pid() { # of its PID 1, as seen from here
  local pid argv
  read -r pid 2>/dev/null <"$OS/run/pid" || return 1
  mapfile -d '' -t argv 2>/dev/null <"/proc/$pid/cmdline" || return 1
  [[ ${argv[*]-} = *"/openstack/init.sh $OS" ]] || return 1
  echo "$pid"
}

# What the databases hold is the same whichever agent Neutron has: its configuration is written at each start.
os_paths() { # sets $os_root and $os_seeded
  os_root=$CACHE/openstack-root-$(hash_of <<<"bookworm $OS_PACKAGES")
  os_seeded=$CACHE/openstack-seeded-$({ echo "$os_root"; cat "$HERE"/openstack/*; } | hash_of)
}

os_build_root() { # makes $os_root
  [[ ! -e $os_root/etc/os-release ]] || return 0
  local started log=$CACHE/openstack-root.log; started=$(now_ms)
  say 'openstack: installing Debian with OpenStack (two minutes)'
  rm -rf "$os_root.part"
  mmdebstrap --quiet --variant=minbase --mode=root --aptopt='Apt::Install-Recommends "0"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$OS_PACKAGES" bookworm "$os_root.part" >"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; rm -rf "$os_root.part"; die 'mmdebstrap failed'; }
  rm -rf "$os_root.part"/var/cache/apt/* "$os_root.part"/var/lib/apt/lists/*
  mv "$os_root.part" "$os_root"
  say "openstack: root file system after $(seconds_since "$started") s"
}

os_claim_address() { # sets $os_subnet; making the interface is the claim
  local start i
  start=$(($(cksum <<<"$LAB" | cut -d' ' -f1) % 256))
  for ((i = 0; i < 256; i++)); do
    os_subnet=$(((start + i) % 256))
    [[ $(ip -4 route show table all) != *"10.88.$os_subnet."* ]] || continue
    ip link add "vos$os_subnet" type veth peer name "vosp$os_subnet" 2>/dev/null || continue
    ip link set "vos$os_subnet" alias "$OS"
    ip addr add "10.88.$os_subnet.1/24" dev "vos$os_subnet"
    ip link set "vos$os_subnet" up
    return
  done
  die 'no 10.88.x.0/24 is free'
}

os_try() { # UPPER LOWER SECONDS; sets $os_ready
  os_ready=''
  local pid end=$((SECONDS + 20)) init
  rm -rf "$OS"/run "$OS"/work "$OS"/merged
  mkdir -p "$OS"/run/{bin,log} "$OS"/{work,merged} "$1"
  cp "$HERE"/openstack/* "$HERE"/inside/{tc,mount-tc.sh} "$OS/run/bin/"
  cp "$OS"/id_ed25519.pub "$OS/run/authorized_keys"
  cp "$OS"/ssh_host_ed25519_key{,.pub} "$OS/run/"
  printf '%s\n' "LAB_NAME=$OS_COMPUTE" "LAB_ADDRESS=10.88.$os_subnet.2" "LAB_NET=$OS_NET" "LAB_EXTENSIONS=$OS_EXTENSIONS" \
    "LAB_TC=$(kernel_has_tc 2>/dev/null && echo real || echo stand-in)" >"$OS/run/env"
  setsid unshare --net --mount --uts --ipc --pid --fork -- env "LOWER=$2" "UPPER=$1" \
    /bin/bash "$HERE/openstack/init.sh" "$OS" </dev/null >"$OS/run/log/init.log" 2>&1 8>&- 9>&- &
  init=$!
  until [[ -s $OS/run/pid ]]; do
    kill -0 $init 2>/dev/null && ((SECONDS < end)) || { cat "$OS/run/log/init.log" >&2; die 'its first process ended'; }
    sleep 0.02
  done
  disown $init
  read -r pid <"$OS/run/pid"
  ip link set "vosp$os_subnet" netns "$pid" name eth0
  os_inside ip addr add "10.88.$os_subnet.2/24" dev eth0
  os_inside ip link set eth0 up
  : >"$OS/run/net"                                # now its daemons may begin
  end=$((SECONDS + $3))
  until [[ -e $OS/run/ready ]]; do
    os_pid >/dev/null && [[ ! -e $OS/run/failed ]] && ((SECONDS < end)) || { os_explain "$3" >&2; return; }
    sleep 0.1
  done
  os_ready=1
}

os_explain() { # SECONDS; what it was doing when it did not become ready
  echo "the cloud ended, or was not ready within $1 s: its processes, and the last lines of what they wrote"
  (os_inside ps -e -o pid,ppid,stat,wchan:24,etimes,args --sort pid | cut -c 1-160) || :
  local log
  for log in "$OS"/run/log/*.log; do
    [[ ! -s $log ]] || { echo "== ${log##*/}"; tail -n 4 "$log" | cut -c 1-300; }
  done
}

# Ten daemons that find each other do not always: a second start of the same is cheaper than whoever waits for it.
os_boot() { # UPPER LOWER SECONDS
  os_try "$@"
  [[ ! $os_ready ]] || return 0
  say 'openstack: it did not start: once more'
  os_stop
  rm -rf "$1"
  os_claim_address
  os_try "$@"
  [[ $os_ready ]] || die 'the cloud did not start'
}

os_inside() { # CMD...
  local pid; pid=$(os_pid) || die 'no cloud is up: lab.sh openstack up'
  env -i HOME=/root USER=root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 LIBVIRT_DEFAULT_URI=qemu:///system \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin nsenter --target "$pid" --net --mount --uts --ipc --pid --root --wd -- "$@"
}

os_stop() {
  local pid end=$((SECONDS + 20))
  for pid in $(os_processes); do kill -KILL "$pid" 2>/dev/null || :; done
  while [[ $(os_processes) ]] && ((SECONDS < end)); do sleep 0.05; done
  local file alias
  for file in /sys/class/net/vos*/ifalias; do
    alias=''
    read -r alias 2>/dev/null <"$file" || :
    [[ $alias = "$OS" ]] || continue
    file=${file%/ifalias}
    ip link delete "${file##*/}" 2>/dev/null || :
  done
}

os_seed() { # makes $os_seeded
  [[ ! -d $os_seeded ]] || return 0
  local started; started=$(now_ms)
  say 'openstack: making and seeding its databases (a minute)'
  rm -rf "$os_seeded.part"
  os_boot "$os_seeded.part" "$os_root" "$OS_SEED_SECONDS"
  os_inside bash /run/lab/bin/halt.sh
  os_stop
  mv "$os_seeded.part" "$os_seeded"
  say "openstack: databases after $(seconds_since "$started") s"
  os_claim_address
}

os_up() { # [--ovs] [--no-qos]
  OS_NET=linuxbridge OS_EXTENSIONS=qos
  while (($#)); do
    case $1 in
      --ovs) OS_NET=ovs ;;
      --no-qos) OS_EXTENSIONS= ;;
      *) usage_error "unknown argument $1" ;;
    esac
    shift
  done
  require_namespaces
  require_commands "$(missing_commands mmdebstrap ssh-keygen ip nsenter unshare flock)" "${VM_PACKAGES[@]}" iproute2
  mkdir -p "$CACHE" "$OS"
  exec 9>"$OS/lock"
  flock -n 9 || die "another command is at work in $OS"
  if os_pid >/dev/null && [[ -e $OS/run/ready ]]; then
    say 'openstack: already up'
    return 0
  fi
  local started; started=$(now_ms)
  trap 'trap - EXIT; os_stop' EXIT
  trap 'exit 130' INT TERM HUP
  os_stop
  os_paths
  exec 8>"$CACHE/openstack-lock"
  flock -w 3600 8 || die "another build in $CACHE takes too long"
  os_build_root
  rm -f "$OS"/{id_ed25519,ssh_host_ed25519_key}{,.pub}
  ssh-keygen -q -t ed25519 -N '' -C virtune-lab -f "$OS/id_ed25519"
  ssh-keygen -q -t ed25519 -N '' -C "$OS_COMPUTE" -f "$OS/ssh_host_ed25519_key"
  os_claim_address
  os_seed
  ls -dt "$CACHE"/openstack-seeded-* 2>/dev/null | tail -n +5 | while IFS= read -r old; do rm -rf "$old"; done
  ls -dt "$CACHE"/openstack-root-*/ 2>/dev/null | tail -n +3 | while IFS= read -r old; do rm -rf "$old"; done
  touch "$os_seeded" "$os_root"
  exec 8>&-
  rm -rf "$OS/upper"
  os_boot "$OS/upper" "$os_seeded:$os_root" "$OS_UP_SECONDS"
  os_write_files
  give_away "$OS"
  trap - EXIT INT TERM HUP
  say "openstack: up at http://10.88.$os_subnet.2:5000/v3 after $(seconds_since "$started") s"
  say "inventory: $OS/inventory/openstack.yml"
}

os_write_files() { # what clients need: clouds.yaml, an inventory, the key of the hypervisor
  local address=10.88.$os_subnet.2 key user project
  read -r key <"$OS/ssh_host_ed25519_key.pub"
  echo "$address ${key% *}" >"$OS/known_hosts"
  {
    echo 'clouds:'
    for user in admin:admin demo:demo reader:demo other:other service:service; do
      IFS=: read -r user project <<<"$user"
      printf '  %s:\n    region_name: RegionOne\n    auth:\n      auth_url: http://%s:5000/v3\n' "$user" "$address"
      printf '      username: %s\n      password: lab\n      project_name: %s\n' "${user/service/virtune}" "$project"
      printf '      user_domain_name: Default\n      project_domain_name: Default\n'
    done
  } >"$OS/clouds.yaml"
  mkdir -p "$OS/inventory/group_vars"
  printf 'plugin: virtune.openstack\nclouds: admin\nclouds_yaml: ../clouds.yaml\n' >"$OS/inventory/openstack.yml"
  printf '%s\n' 'ansible_user: root' "ansible_ssh_private_key_file: $OS/id_ed25519" \
    "virtune_known_hosts_file: $OS/known_hosts" >"$OS/inventory/group_vars/openstack.yml"
}

os_down() {
  local started; started=$(now_ms)
  os_stop
  rm -rf "$OS"
  rmdir "$LAB" 2>/dev/null || :
  say "openstack: down after $(seconds_since "$started") s"
}

os_status() {
  if os_pid >/dev/null && [[ -e $OS/run/ready ]]; then
    echo "openstack  $(sed -n 's/ *auth_url: //p' "$OS/clouds.yaml" | head -n 1)"
    os_inside virsh -q list --all | sed 's/^/    /'
  elif [[ -d $OS ]]; then
    echo 'openstack  stopped'
  fi
}

openstack_command() {
  local what=${1-}
  shift || :
  case $what in
    up) os_up "$@" ;;
    down) os_down ;;
    status) os_status ;;
    built) OS_NET=linuxbridge; os_paths; [[ -d $os_seeded ]] ;;
    env) os_pid >/dev/null || die 'no cloud is up: lab.sh openstack up'
      printf 'export OS_CLIENT_CONFIG_FILE=%q OS_CLOUD=admin\n' "$OS/clouds.yaml" ;;
    exec) (($#)) || usage_error 'openstack exec CMD...'; os_inside "$@" ;;
    restart) (($# == 1)) || usage_error 'openstack restart DAEMON'; os_inside bash /run/lab/bin/restart.sh "$1" ;;
    *) usage_error 'openstack up|down|status|built|env|exec|restart' ;;
  esac
}
