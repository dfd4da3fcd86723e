#!/bin/bash
# PID 1 of the cloud: gives it a root file system and mounts of its own, starts its daemons, and then only reaps.
# usage: LOWER=DIR[:DIR] UPPER=DIR init.sh DIRECTORY      (lab.sh recognises the cloud of a lab by this command line)
set -eu
dir=$1
read -r outer _ </proc/self/stat        # /proc is still the machine's: this is our pid as the machine sees it
. "$dir/run/env"
mount --make-rprivate /
mount -t overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$dir/work" overlay "$dir/merged"
cd "$dir/merged"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir -p dev/pts dev/shm dev/net run/lab run/tc run/lock
mount --bind "$dir/run" run/lab
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 net/tun:10:200; do
  IFS=: read -r path major minor <<<"$node"
  mknod -m 666 "dev/$path" c "$major" "$minor"
done
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
hostname "$LAB_NAME"
ip link set lo up
ulimit -n 16384                         # RabbitMQ and MariaDB size their tables by it
trap '' HUP INT TERM
echo "$outer" >"$dir/run/pid.new"
mv "$dir/run/pid.new" "$dir/run/pid"
exec chroot . /bin/bash /run/lab/bin/reap.sh /openstack/init.sh "$dir"
