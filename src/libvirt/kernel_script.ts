/**
 * What a host can be asked about its kernel. `counters` adds to tc what each queue and policer has let through; `cgroups`
 * is of cgroup_script.ts, `disks` what QEMU says of those that run, `ovs` adds the database of Open vSwitch to tc.
 */
export const KERNEL_WORDS = ['tc', 'counters', 'cgroups', 'disks', 'ovs'] as const;
export type KernelWord = (typeof KERNEL_WORDS)[number];

/** Reads what the program's seventh argument asks for, once the filter is defined. */
export const KERNEL_WISH =
  's= y= p=; case " $7 " in *" tc "*) z=/domain/devices/interface/target ;; esac; case " $7 " in *" counters "*) s=-s ;; esac' +
  '; case " $7 " in *" ovs "*) p=1 ;; esac; case " $7 " in *" cgroups "*) y=1 ;; esac; case " $7 " in *" disks "*) X=/domain/devices/disk/target ;; esac';

/** So many seconds Open vSwitch's database may take: without a daemon ovs-vsctl waits for ever. */
const OVS_SECONDS = 10;

/**
 * What Open vSwitch's database says of the devices of NICs that were described, in one section: `ok`, `absent` or
 * `failed`; then four tables, JSON in a line each. It is asked by one process, where there is ovs-vsctl and a NIC that
 * runs. Devices that are no ports of it are passed over; a name is a word that begins with no hyphen. Tables of queues
 * have few columns: all of them.
 */
const OVS =
  '; if [ -n "$p" ]; then echo "$m:k:ovs"; q=$(echo "$o" | sed -n s/^t://p)' +
  '; if command -v ovs-vsctl >/dev/null 2>&1; then i=ok' +
  `; [ -z "$q" ] || q=$(ovs-vsctl -t ${OVS_SECONDS} -f json` +
  ' --if-exists --columns=name,ingress_policing_rate,ingress_policing_burst list Interface $q' +
  ' -- --if-exists --columns=name,qos list Port $q' +
  ' -- list QoS -- list Queue 2>&1 </dev/null) || i=failed' +
  '; echo $i; printf %s "$q"; echo; else echo absent; fi; fi';

/**
 * What the kernel does with the devices of the NICs that were described, in one section: only where libvirt is this very
 * host's, and of devices that both its live descriptions and tc name. Their names come from the filter, which lets a
 * narrow alphabet through, since tc reads its commands from a file where quotes, `#` and `;` mean something. The section
 * begins with `ok`, `absent` or `failed`. Then:
 * - `qdisc …` of tc, of these devices
 * - `link DEVICE MAC`, by which the reader tells that a device is that NIC's: libvirt may be in another network namespace
 * - `at SECONDS`, the host's own clock, where counters are told
 * - the classes and filters, each device's behind `Object "@DEVICE" is unknown`: tc prints no device when it is asked for
 *   one, and names what it does not know, in order, at no cost
 *
 * Two tc processes, whatever the number of NICs; asking each device by itself took 3 s at 200 of them. Dumps over netlink
 * need no rights. JSON would be no way: tc 6.1 prints none for classes, and no rate for police.
 */
export const KERNEL =
  'if [ -n "$z" ]; then case $u in *:///*) echo "$m:k:tc"' +
  '; if command -v tc >/dev/null 2>&1; then if q=$(tc qdisc show 2>&1 </dev/null); then echo ok' +
  // Not as an argument: at very many NICs and disks these are more than the kernel takes in one.
  '; q=$({ echo "$o"; printf %s "$q"; } | awk -v x=qdisc -v y=t: "BEGIN{while((getline t)>0)' +
  'if(index(t,y)==1)D[t];else{split(t,a,/ /);if(a[1]==x&&((y a[5]) in D))print t}}"' +
  '); echo "$q"' +
  `; for i in $o; do case $i in t:*) i=\${i#t:} a=; { read -r a </sys/class/net/$i/address; } 2>/dev/null` +
  '; [ -z "$a" ] || echo "link $i $a" ;; esac; done' +
  '; [ -z "$s" ] || { read -r a _ </proc/uptime; echo "at $a"; }' +
  '; echo "$q" | while read -r _ k h _ d _; do case "$k $h" in' +
  ' "htb 1:") echo "@$d"; echo "class show dev $d" ;;' +
  ' "ingress ffff:") echo "@$d"; echo "filter show dev $d ingress" ;; esac; done' +
  ' | tc $s -force -b - 2>&1 | sed -n -E -e "/^(Object|class|filter) /p" -e "/(police|match|Sent) /p"' +
  `; else echo failed; echo "$q"; fi; else echo absent; fi${OVS} ;; esac; fi`;
