# Sourced by lab.sh: what the machine must have, and how it gets it.

HOST_PACKAGES=(libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu qemu-system-x86
  openssh-server openssh-client iproute2 util-linux csh fish zsh)   # the shells: for users who log in with one
OVS_PACKAGES=(openvswitch-switch)
BECOME_PACKAGES=(sudo opendoas polkitd dbus bsdutils)
DROPBEAR_PACKAGES=(dropbear-bin)                # a second SSH server, beside OpenSSH's
VM_PACKAGES=(qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring e2fsprogs zstd openssh-client util-linux)

missing_commands() { # COMMAND...
  local c; for c; do command -v "$c" >/dev/null || printf '%s ' "$c"; done
}
missing_for_hosts() {
  missing_commands libvirtd virtlogd virsh qemu-system-x86_64 sshd ssh ssh-keygen ip tc nsenter unshare flock usermod csh fish zsh
}
missing_for_ovs() { missing_commands ovsdb-server ovs-vswitchd ovs-vsctl; }
missing_for_vm() { missing_commands qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4 zstd ssh ssh-keygen flock; }

unavailable() { say "cannot run here: $*"; exit $EX_UNAVAILABLE; }

require_root() {
  [[ $(uname -s) = Linux ]] || unavailable "it needs Linux, this is $(uname -s)"
  ((EUID == 0)) || unavailable "it needs root (try sudo)$(
    m=$(missing_for_hosts); [[ -z $m ]] || echo "; commands also missing: $m- apt-get install ${HOST_PACKAGES[*]}")"
}

# What no package can give: the rights and the kernel features.
require_namespaces() {
  require_root
  unshare --net --mount --uts --ipc --pid --fork true 2>/dev/null ||
    unavailable 'it may not make namespaces (in a container, give it --privileged)'
  [[ -c /dev/net/tun ]] || unavailable 'there is no /dev/net/tun'
}

check_machine() {
  require_namespaces
  local missing; missing=$(missing_for_hosts)
  [[ -z $missing ]] || command -v apt-get >/dev/null ||
    unavailable "commands are missing: $missing- there is no apt-get; install libvirt, QEMU for x86, OpenSSH, iproute2"
}

require_commands() { # MISSING PACKAGE...
  local missing=$1; shift
  [[ $missing ]] || return 0
  command -v apt-get >/dev/null || unavailable "commands are missing: $missing- and there is no apt-get to install $*"
  say "missing: $missing- installing"
  apt_install "$@"
}

# Packages only: no service of the machine may start because of the lab.
apt_install() {
  local policy=/usr/sbin/policy-rc.d made='' status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    made=1
  fi
  local log; log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 ||
    { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 || status=$?
  [[ -z $made ]] || rm -f $policy
  ((status == 0)) || { tail -20 "$log" >&2; rm -f "$log"; unavailable "apt-get install $* failed"; }
  rm -f "$log"
}

install_packages() {
  require_root
  local packages=("${HOST_PACKAGES[@]}") option
  for option; do
    case $option in
      --ovs) packages+=("${OVS_PACKAGES[@]}") ;;
      --become) packages+=("${BECOME_PACKAGES[@]}") ;;
      --dropbear) packages+=("${DROPBEAR_PACKAGES[@]}") ;;
      --vm) packages+=("${VM_PACKAGES[@]}") ;;
      *) usage_error "unknown option $option" ;;
    esac
  done
  command -v apt-get >/dev/null || unavailable "there is no apt-get; these Debian packages are needed: ${packages[*]}"
  apt_install "${packages[@]}"
}
