#!/bin/bash
# Inside the virtual machine, early in its boot: gives it the same /run/lab as a namespace host has, and its network.
set -eu
mount -o remount,exec /run          # bin/tc lives there
mkdir -p /run/lab/log /run/lab/sshd.d /run/tc
cp -r /usr/local/lib/virtune-lab/. /run/lab/
. /run/lab/env
. /run/lab/bin/mount-tc.sh
modprobe virtio_net
until [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
