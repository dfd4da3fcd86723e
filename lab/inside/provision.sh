#!/bin/bash
# Inside a hypervisor with a running libvirt, be it a namespace or a virtual machine:
# the bridges and the libvirt networks that the guests of tests are plugged into.
set -eu
. /run/lab/env
export LC_ALL=C LIBVIRT_DEFAULT_URI=qemu:///system

for bridge in br0 br-backup; do
  ip link add "$bridge" type bridge forward_delay 0
  ip link set "$bridge" up
done
# What macvtap sits on. A kernel without dummy devices gets a veth of that name.
ip link add dummy0 type dummy 2>/dev/null || {
  ip link add dummy0 type veth peer name dummy0-peer
  ip link set dummy0-peer up
}
ip link set dummy0 up
if [ "$LAB_OVS" = 1 ]; then
  ovs-vsctl add-br ovsbr0 -- set bridge ovsbr0 datapath_type="$LAB_OVS_DATAPATH"
  ip link set ovsbr0 up
fi

network() { # NAME, XML on stdin
  virsh -q net-define /dev/stdin >/dev/null
  virsh -q net-start "$1" >/dev/null || echo "$LAB_NAME: network $1 does not start here" >&2
}

# Isolated, no address, no dnsmasq. The network's own inbound limit is what makes `floor` legal on its ports.
network labnet <<'XML'
<network>
  <name>labnet</name>
  <bridge name='virbr-lab' stp='off' delay='0'/>
  <dns enable='no'/>
  <bandwidth><inbound average='100000' peak='200000' burst='10240'/></bandwidth>
  <portgroup name='gold'>
    <bandwidth>
      <inbound average='4000' peak='8000' burst='1024'/>
      <outbound average='2000' peak='4000' burst='512'/>
    </bandwidth>
  </portgroup>
  <portgroup name='plain'/>
</network>
XML

network labhost <<'XML'
<network>
  <name>labhost</name>
  <forward mode='bridge'/>
  <bridge name='br0'/>
  <portgroup name='gold'>
    <bandwidth>
      <inbound average='4000' peak='8000' burst='1024'/>
      <outbound average='2000' peak='4000' burst='512'/>
    </bandwidth>
  </portgroup>
  <portgroup name='plain'/>
</network>
XML

if [ "$LAB_OVS" = 1 ]; then
  network labovs <<'XML'
<network>
  <name>labovs</name>
  <forward mode='bridge'/>
  <bridge name='ovsbr0'/>
  <virtualport type='openvswitch'/>
</network>
XML
fi
