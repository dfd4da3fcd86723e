/**
 * What a host can be asked about its kernel. `counters` adds to tc what each queue and policer has let through; `cgroups`
 * is of cgroup_script.ts, `disks` what QEMU says of those that run.
 */
export const KERNEL_WORDS = ['tc', 'counters', 'cgroups', 'disks'] as const;
export type KernelWord = (typeof KERNEL_WORDS)[number];

/** Reads what the program's seventh argument asks for, once the filter is defined. */
export const KERNEL_WISH =
  's= y=; case " $7 " in *" tc "*) z=/domain/devices/interface/target ;; esac; case " $7 " in *" counters "*) s=-s ;; esac' +
  '; case " $7 " in *" cgroups "*) y=1 ;; esac; case " $7 " in *" disks "*) X=/domain/devices/disk/target ;; esac';

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
  '; q=$(printf %s "$q" | awk -v k="$(echo $o)" -v x=qdisc -v y=t: "' +
  'BEGIN{split(k,W,/ /);for(i in W)D[W[i]];while((getline t)>0){split(t,a,/ /);if(a[1]==x&&((y a[5]) in D))print t}}"' +
  '); echo "$q"' +
  `; for i in $o; do case $i in t:*) i=\${i#t:} a=; { read -r a </sys/class/net/$i/address; } 2>/dev/null` +
  '; [ -z "$a" ] || echo "link $i $a" ;; esac; done' +
  '; [ -z "$s" ] || { read -r a _ </proc/uptime; echo "at $a"; }' +
  '; echo "$q" | while read -r _ k h _ d _; do case "$k $h" in' +
  ' "htb 1:") echo "@$d"; echo "class show dev $d" ;;' +
  ' "ingress ffff:") echo "@$d"; echo "filter show dev $d ingress" ;; esac; done' +
  ' | tc $s -force -b - 2>&1 | sed -n -E -e "/^(Object|class|filter) /p" -e "/(police|match|Sent) /p"' +
  '; else echo failed; echo "$q"; fi; else echo absent; fi ;; esac; fi';
