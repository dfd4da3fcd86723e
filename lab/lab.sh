#!/bin/bash
# A lab of real hypervisors on one Linux machine: see README.md and `lab.sh help`.
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
LAB=$(realpath -m "${VIRTUNE_LAB_DIR:-$HERE/../.lab}")
CACHE=${VIRTUNE_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/virtune-lab}
EX_USAGE=64 EX_UNAVAILABLE=69

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }
usage_error() { say "$* (see: lab.sh help)"; exit $EX_USAGE; }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }
seconds_since() { local d=$(($(now_ms) - $1)); printf '%d.%d' $((d / 1000)) $((d % 1000 / 100)); }

wait_for() { # SECONDS COMMAND...
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.02
  done
}

# Through sudo, the lab's files are for the one who called: ssh refuses a key that others own.
give_away() { [[ -z ${SUDO_UID-} ]] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$@"; }

# Quoted for any POSIX shell, for csh and for fish.
quote() { local a; for a; do printf "'%s' " "${a//\'/\'\\\'\'}"; done; }

. "$HERE/install.sh"
. "$HERE/hosts.sh"
. "$HERE/vm-image.sh"
. "$HERE/vm.sh"
. "$HERE/openstack.sh"

help() {
  cat <<'TEXT'
Namespace hypervisors (root on Linux):
  up [N] [--guests M] [--prefix hv] [--ovs] [--real-tc]    start N hosts (3) with M guests (2) each
  down                      stop them all and leave nothing; also after a crash
  status                    hosts, addresses, guests
  stop|start|restart HOST   one host; `restart` gives a fresh one at the same address with the same key
  behind HOST BASTION       from now on HOST can be reached from host BASTION only, until HOST is restarted
One virtual machine with a Debian kernel, for what needs the kernel's real tc:
  vm-up [--cold]            build it if needed (cached), restore or boot it
  vm-down
  vm-reboot                 shuts it down and boots it: bridges and /run are gone
  vm-exec CMD...
One OpenStack of Debian's packages, with one hypervisor (cmp01):
  openstack up [--ovs] [--no-qos]    build it if needed (cached), start it; --no-qos: the agent's extension is left out
  openstack down|status
  openstack built           exit 0 if all that takes long is in the cache, so that up takes half a minute
  openstack env             what sets OS_CLOUD and OS_CLIENT_CONFIG_FILE for clients of it
  openstack exec CMD...     inside, where its libvirt is
  openstack restart DAEMON  agent, nova-compute, keystone, ...
On a host (hv01, ... or vm01):
  exec HOST CMD...          run a command there
  guest HOST NAME [--nic XML]... [--no-nic] [--nics N] [--off] [--transient] [--title T] [--uuid U]
        [--metadata FILE] [--disks N] [--disk XML]... [--cdrom] [-- NAME ...]      define and start guests; prints their UUIDs
  define HOST [--off | --transient]          the same from whole domain documents on stdin, separated by NUL
This machine:
  check                     exit 0 if `up` can run here or install what it needs, 69 if not
  install [--ovs] [--vm] [--become] [--dropbear]       install the Debian packages; --become: sudo, doas, polkit;
                            --dropbear: a second SSH server
Environment: VIRTUNE_LAB_DIR (state, default .lab in the repository), VIRTUNE_LAB_CACHE (images).
TEXT
}

# Runs a command on a host, whichever backend it belongs to; arguments arrive as they are.
on_host() { # HOST CMD...
  if [[ $1 = vm01 ]]; then shift; vm_exec "$@"; else host_exec "$@"; fi
}

define_guests() { # HOST NAME [OPTION...]
  (($# > 1)) || usage_error 'guest HOST NAME [OPTION...]'
  local host=$1 arguments=("$2") content
  shift 2
  while (($#)); do
    if [[ $1 = --metadata ]]; then   # the file is the caller's, the host has other ones
      (($# > 1)) || usage_error '--metadata FILE'
      content=$(cat -- "$2") || exit 1
      arguments+=(--metadata-xml "$content"); shift
    elif [[ $1 =~ ^--(nic|nics|title|uuid|metadata-xml|seed|disk|disks)$ ]] && (($# > 1)); then
      arguments+=("$1" "$2"); shift
    else
      arguments+=("$1")
    fi
    shift
  done
  printf '%s\0' "${arguments[@]}" | on_host "$host" bash /run/lab/bin/guest.sh --args
}

define_documents() { # HOST [--off | --transient]
  (($#)) || usage_error 'define HOST [--off | --transient]'
  local host=$1; shift
  on_host "$host" bash /run/lab/bin/guest.sh --define "$@"
}

command=${1-help}
(($#)) && shift
case $command in
  up) hosts_up "$@" ;;
  down) hosts_down ;;
  status) hosts_status; vm_status; os_status ;;
  stop | start | restart | behind) host_"$command" "$@" ;;
  exec) (($# > 1)) || usage_error 'exec HOST CMD...'; on_host "$@" ;;
  guest) define_guests "$@" ;;
  define) define_documents "$@" ;;
  vm-up) vm_up "$@" ;;
  vm-down) vm_down ;;
  vm-reboot) vm_reboot ;;
  openstack) openstack_command "$@" ;;
  vm-exec) (($#)) || usage_error 'vm-exec CMD...'; vm_exec "$@" ;;
  check) check_machine ;;
  install) install_packages "$@" ;;
  help | -h | --help) help ;;
  *) usage_error "unknown command $command" ;;
esac
