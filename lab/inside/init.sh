#!/bin/bash
# PID 1 of one namespace hypervisor. Gives it private mounts, says that it is ready, and then only reaps.
# usage: init.sh HOST_DIR NAME      (lab.sh recognises the processes of a lab by this command line)
set -eu
dir=$1 name=$2
read -r outer _ </proc/self/stat        # /proc is still the machine's: this is our pid as the machine sees it
cd "$dir"

mount --make-rprivate /
umount -R -l /sys                       # with the machine's cgroups, which libvirt must not find
mount -t proc proc /proc
mount -t sysfs sysfs /sys               # shows the interfaces of this network namespace only

# A lab directory may lie below what is hidden next: `-c .` binds the directory itself, not its path.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lab /run/etc/upper /run/etc/work /run/tc
mount -c --bind . /run/lab
for d in /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /var/lib/openvswitch /var/log/openvswitch; do
  [ -d "$d" ] && mount -t tmpfs -o mode=755 tmpfs "$d"
done
# One file system would do no harm to the machine but would let hosts see each other's files.
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=700 tmpfs /root
cp -r /etc/skel/. /root/

# /etc: tests change login shells, profiles, sshd's and libvirt's settings.
if ! mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc; then
  cp -a /etc/. /run/etc/upper/
  mount --bind /run/etc/upper /etc
fi

# /dev: macvtap device nodes are named after interface indexes, which repeat from host to host,
# and without /dev/kvm libvirt has one probe of QEMU less to make.
mkdir /run/dev
mount -t tmpfs -o mode=755 tmpfs /run/dev
mkdir -p /run/dev/pts /run/dev/shm /run/dev/net
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 net/tun:10:200; do
  IFS=: read -r path major minor <<<"$node"
  mknod -m 666 "/run/dev/$path" c "$major" "$minor"
done
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts /run/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /run/dev/shm
ln -s pts/ptmx /run/dev/ptmx
ln -s /proc/self/fd /run/dev/fd
ln -s /proc/self/fd/0 /run/dev/stdin
ln -s /proc/self/fd/1 /run/dev/stdout
ln -s /proc/self/fd/2 /run/dev/stderr
mount --move /run/dev /dev
cd /

hostname "$name"
ip link set lo up

# In udev's place: make the node of each new macvtap (libvirt waits 200 ms for it).
make_tap_nodes() {
  ip -o monitor link | while read -r _; do
    for f in /sys/class/net/*/tap[0-9]*/dev /sys/class/net/*/macvtap/tap[0-9]*/dev; do
      [ -e "$f" ] || continue
      node=${f%/dev} node=/dev/${node##*/}
      [ -e "$node" ] && continue
      IFS=: read -r major minor <"$f" && mknod -m 600 "$node" c "$major" "$minor" || :
    done
  done
}
make_tap_nodes &

trap '' HUP INT TERM
echo "$outer" >/run/lab/pid.new
mv /run/lab/pid.new /run/lab/pid        # ready

set +e
while :; do sleep 86400 & wait; done    # bash reaps every orphan that it inherits
