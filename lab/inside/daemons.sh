#!/bin/bash
# Inside a namespace hypervisor: its configuration and its daemons. A virtual machine has systemd for that.
set -eu
. /run/lab/env          # LAB_ADDRESS, LAB_NAME, LAB_OVS, LAB_TC
export LC_ALL=C

wait_for() { # SECONDS COMMAND...
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || { echo "$LAB_NAME: gave up waiting for: $*" >&2; return 1; }
    sleep 0.05
  done
}

# -- sshd: no PAM, no names to resolve, only the lab's key
printf '%s\n' "127.0.0.1 localhost" "$LAB_ADDRESS $LAB_NAME" >/etc/hosts
echo "$LAB_NAME" >/etc/hostname
sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow      # "!" would lock root out without PAM
usermod -s /bin/bash root
rm -rf /etc/ssh/sshd_config.d /etc/ssh/ssh_host_* /etc/update-motd.d /etc/motd
install -m 600 /run/lab/ssh_host_ed25519_key{,.pub,-cert.pub} /etc/ssh/
cat >/etc/ssh/sshd_config <<CONF
# The first value wins, so a test can override anything here and then: kill -HUP \$(cat /run/sshd.pid)
Include /run/lab/sshd.d/*.conf
ListenAddress $LAB_ADDRESS
Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub
AuthorizedKeysFile /run/lab/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 1000
MaxSessions 100
PidFile /run/sshd.pid
LogLevel VERBOSE
Subsystem sftp internal-sftp
CONF
mkdir -p -m 755 /run/sshd
/usr/sbin/sshd -E /run/lab/log/sshd.log

. /run/lab/bin/mount-tc.sh

# -- Open vSwitch with its own database and the datapath that needs no kernel module
if [ "$LAB_OVS" = 1 ]; then
  mkdir -p /run/openvswitch
  rm -rf /etc/openvswitch; mkdir /etc/openvswitch
  ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server --detach --no-chdir --pidfile --log-file=/run/lab/log/ovsdb-server.log \
    --remote=punix:/run/openvswitch/db.sock 2>/dev/null
  ovs-vsctl --no-wait init
  ovs-vswitchd --detach --no-chdir --pidfile --log-file=/run/lab/log/ovs-vswitchd.log 2>/dev/null
fi

# -- libvirt: nothing of the machine's own settings, networks and guests
rm -rf /etc/libvirt/qemu /etc/libvirt/storage /etc/libvirt/secrets
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
CONF
cat >/etc/libvirt/libvirtd.conf <<'CONF'
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0777"
auth_unix_rw = "none"
auth_unix_ro = "none"
max_clients = 5000
max_queued_clients = 1000
log_outputs = "3:file:/run/lab/log/libvirtd.log"
CONF
# All hosts of the lab have this machine's; libvirt migrates to another host only.
printf 'host_uuid = "%s"\n' "$(cat /proc/sys/kernel/random/uuid)" >>/etc/libvirt/libvirtd.conf
echo 'log_outputs = "3:file:/run/lab/log/virtlogd.log"' >/etc/libvirt/virtlogd.conf
# What libvirt learned of QEMU on another host of the machine saves it seconds; it checks by itself if that still holds.
if [ -d /run/lab/qemu-capabilities ]; then
  mkdir -p /var/cache/libvirt/qemu
  cp -rp /run/lab/qemu-capabilities /var/cache/libvirt/qemu/capabilities
fi
virtlogd -d
libvirtd -d
wait_for 60 virsh -q -c qemu:///system uri
