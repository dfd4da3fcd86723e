/**
 * What cgroup v2 holds the running VMs to, in one section: only where libvirt is this very host's. The
 * section begins with `ok`, `v1`, or `session` where libvirt is a user's own, which has no cgroups. Then a line for each limit: `ID FILE:TEXT`, ID the number of the VM's start, which
 * libvirt writes into the name of its scope and into its description, so that no name of a VM is looked at; FILE below
 * the scope, with `vcpu` for each of `vcpu0`, `vcpu1`, … and what several of them say alike once. `io.max`, which
 * may be empty, is named once more without a text, where it is there.
 *
 * Everybody may read these files: no further rights are needed. `find` goes over the host's cgroups once, without those
 * of users, who may name theirs as they like, and few greps read all.
 *
 * Rules of script.ts hold; awk's strings come in by -v (filter_script.ts).
 */
export const CGROUPS =
  'if [ -n "$y" ]; then case $u in */session*) echo "$m:k:cgroups"; echo session ;; *:///*) echo "$m:k:cgroups"' +
  '; if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo ok; find /sys/fs/cgroup -path /sys/fs/cgroup/user.slice -prune -o' +
  ' -path "*/machine-qemu*.scope/*" "(" -name io.max -print -exec grep -s "" /dev/null {} + -o "("' +
  ' -name cpu.max -o -name cpu.weight -o -name memory.max -o -name memory.high -o -name memory.swap.max' +
  ' ")" -exec grep -s "" /dev/null {} + ")" 2>/dev/null' +
  ' | awk -v k="machine-qemu.x2d[0-9]+.x2d" -v e=.scope/ -v c="vcpu[0-9]+" -v d=vcpu -v s=" " "BEGIN{while((getline t)>0)' +
  'if(match(t,k)){i=substr(t,RSTART+16,RLENGTH-20);t=substr(t,RSTART+RLENGTH);j=index(t,e);' +
  'if(j>0){t=substr(t,j+length(e));sub(c,d,t);t=i s t;if((t in D)==0){D[t];print t}}}}"' +
  '; else echo v1; fi ;; esac; fi';
