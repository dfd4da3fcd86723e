# Sourced by lab.sh: one hypervisor as a QEMU virtual machine with Debian's kernel, for what only a kernel with all of
# tc can show. The image is built once and cached, together with the memory of the running, provisioned machine, so
# that vm-up need not boot it under emulation. Each vm-up works on a throw-away overlay of the disk.

VM=$LAB/vm

vm_pids() { # DIRECTORY   its QEMU is known by the pid file in its arguments
  local file argv i
  for file in /proc/[0-9]*/cmdline; do
    mapfile -d '' -t argv <"$file" || continue
    [[ ${argv[0]-} = *qemu-system-x86_64 ]] || continue
    for i in "${!argv[@]}"; do
      [[ ${argv[i]} = -pidfile && ${argv[i + 1]-} = "$1/pid" ]] || continue
      file=${file%/cmdline}
      echo "${file##*/}"
    done
  done 2>/dev/null
}

vm_kill() { # DIRECTORY
  local pid end=$((SECONDS + 20))
  for pid in $(vm_pids "$1"); do
    kill -9 "$pid" 2>/dev/null || :
    while [[ -d /proc/$pid ]] && ((SECONDS < end)); do sleep 0.02; done
  done
}

vm_ssh() { # DIRECTORY PORT CMD
  local d=${1//%/%%}
  local options=(-F none -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o LogLevel=ERROR
    -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=\"$d/known_hosts\"" -i "$d/id_ed25519" -p "$2")
  # A handshake takes a second under emulation, so further commands share the first one's connection.
  ((${#1} > 70)) || options+=(-o ControlMaster=auto -o "ControlPath=\"$d/ssh\"" -o ControlPersist=600)
  ssh "${options[@]}" root@127.0.0.1 "$3" 8>&- 9>&-
}

vm_show_console() { # DIRECTORY
  say 'the end of its console:'
  tail -n 30 "$1/console.log" >&2 || :
  tail -n 5 "$1/qemu.log" >&2 || :
}

vm_wait() { # DIRECTORY PORT SECONDS
  local end=$((SECONDS + $3))
  until vm_ssh "$1" "$2" true </dev/null >/dev/null 2>&1; do
    if [[ -z $(vm_pids "$1") ]]; then say 'the virtual machine ended'; return 1; fi
    ((SECONDS < end)) || { say "no answer from the virtual machine in $3 s"; return 1; }
    sleep 0.3
  done
}

vm_known_hosts() { # DIRECTORY PORT
  local key
  read -r key <"$1/ssh_host_ed25519_key.pub"
  echo "[127.0.0.1]:$2 ${key% *}" >"$1/known_hosts"
}

vm_env() { [[ -f $VM/vm.env ]] && . "$VM/vm.env"; }

vm_up() {
  local cold='' started port root_tar image
  while (($#)); do
    case $1 in
      --cold) cold=1 ;;
      *) usage_error "unknown argument $1" ;;
    esac
    shift
  done
  [[ $(uname -s) = Linux ]] || unavailable "it needs Linux, this is $(uname -s)"
  [[ $(uname -m) = x86_64 ]] || unavailable "its image is for x86_64, this is $(uname -m)"
  local missing; missing=$(missing_for_vm)
  if [[ $missing ]]; then
    require_root
    require_commands "$missing" "${VM_PACKAGES[@]}"
  fi
  mkdir -p "$CACHE" "$VM"
  exec 9>"$VM/lock"
  flock -n 9 || die "another command is at work in $VM"
  if [[ $(vm_pids "$VM") ]]; then
    [[ -f $VM/ready ]] || die 'what is left of a virtual machine is running; stop it first: lab.sh vm-down'
    say 'the virtual machine is already up'
    return 0
  fi
  vm_paths
  exec 8>"$CACHE/lock"
  flock -w 900 8 || die "another build in $CACHE takes too long"
  [[ -s $image/memory.zst ]] || vm_build
  touch "$image"
  ls -dt "$CACHE"/vm-* | tail -n +4 | while IFS= read -r old; do rm -rf "$old"; done      # three versions are enough
  exec 8>&-

  started=$(now_ms)
  trap 'trap - EXIT; vm_kill "$VM"' EXIT
  trap 'exit 130' INT TERM HUP
  rm -f "$VM"/{ready,console.log,ssh}
  cp -p "$image"/{id_ed25519,id_ed25519.pub,ssh_host_ed25519_key.pub} "$VM/"
  ln -sf "$image/vmlinuz" "$image/initrd.img" "$VM/"
  if [[ ! $cold ]]; then
    vm_overlay "$VM" "$image/warm.qcow2" qcow2
    vm_launch "$VM" -incoming fd:7 7< <(zstd -q -dc "$image/memory.zst" 8>&- 9>&-)
    vm_known_hosts "$VM" "$port"
    vm_wait "$VM" "$port" 60 && vm_ssh "$VM" "$port" "date -s @$(date +%s)" </dev/null >/dev/null || {
      say 'vm: could not go on from the saved memory; booting instead'
      vm_show_console "$VM"
      vm_kill "$VM"
      cold=1
    }
  fi
  if [[ $cold ]]; then
    vm_overlay "$VM" "$image/base.raw" raw
    vm_launch "$VM"
    vm_known_hosts "$VM" "$port"
    vm_wait "$VM" "$port" $VM_BOOT_SECONDS || { vm_show_console "$VM"; exit 1; }
    say "vm: booted after $(seconds_since "$started") s"
    vm_provision "$VM" "$port" || { vm_show_console "$VM"; exit 1; }
  fi
  echo "VM_PORT=$port" >"$VM/vm.env"
  {
    printf 'all:\n  children:\n    compute:\n      hosts:\n'
    printf '        vm01:\n          ansible_host: 127.0.0.1\n          ansible_port: %s\n' "$port"
    inventory_vars "$VM"
  } >"$VM/inventory.yml"
  : >"$VM/ready"
  give_away "$VM" "$CACHE"
  trap - EXIT INT TERM HUP
  say "vm: up at 127.0.0.1:$port after $(seconds_since "$started") s"
  say "inventory: $VM/inventory.yml"
}

vm_down() {
  local started; started=$(now_ms)
  vm_kill "$VM"
  ssh -F none -o "ControlPath=\"${VM//%/%%}/ssh\"" -O exit root@127.0.0.1 2>/dev/null || :
  rm -rf "$VM"
  rmdir "$LAB" 2>/dev/null || :
  say "vm: down after $(seconds_since "$started") s"
}

# What is not in memory stays: not the bridges, nor what /run has.
vm_reboot() {
  vm_env && [[ $(vm_pids "$VM") ]] || die 'no virtual machine is up: lab.sh vm-up'
  local started port end; started=$(now_ms)
  exec 9>"$VM/lock"
  flock -n 9 || die "another command is at work in $VM"
  vm_ssh "$VM" "$VM_PORT" 'systemctl reboot' </dev/null >/dev/null 2>&1 || :
  end=$((SECONDS + 180))
  # QEMU ends instead of resetting it.
  while [[ $(vm_pids "$VM") ]]; do
    ((SECONDS < end)) || die 'the virtual machine does not shut down'
    sleep 0.3
  done
  ssh -F none -o "ControlPath=\"${VM//%/%%}/ssh\"" -O exit root@127.0.0.1 2>/dev/null || :
  vm_launch "$VM"
  [[ $port = "$VM_PORT" ]] || die "port $VM_PORT was taken meanwhile"
  vm_wait "$VM" "$port" $((VM_BOOT_SECONDS * 2)) || { vm_show_console "$VM"; exit 1; }
  say "vm: rebooted after $(seconds_since "$started") s"
}

vm_exec() { # CMD...
  vm_env || die 'no virtual machine is up: lab.sh vm-up'
  # Its shell must be the login shell's business, not of what quote() yields.
  vm_ssh "$VM" "$VM_PORT" "exec env LC_ALL=C LIBVIRT_DEFAULT_URI=qemu:///system $(quote "$@")"
}

vm_status() {
  vm_env || return 0
  if [[ $(vm_pids "$VM") ]]; then
    echo "vm01  127.0.0.1 port $VM_PORT"
    vm_exec virsh -q list --all | sed 's/^/    /'
  else
    echo 'vm01  stopped'
  fi
}
