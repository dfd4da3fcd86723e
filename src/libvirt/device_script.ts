/** Reads the program's fifth argument, paths: only where libvirt is this very host's is there anything to tell of them. */
export const DEVICES_WISH = 'h=; case $u in *:///*) h=$5 ;; esac';

/**
 * What the host has at the paths in `$h`, each in a section of its own: its number and kind, whether it is a whole device,
 * and all its names below /dev, since links come and go and two names are one device to the kernel. Names are never
 * followed into /dev/shm, which is everybody's.
 */
export const DEVICES =
  'if [ -n "$h" ]; then' +
  ' echo "$m:io"; case $u in */session*) echo session ;; *) cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null ;; esac' +
  // By folders: all names of a host with very many disks may be more than one process takes.
  '; t=$(for i in /dev/ /dev/*/ /dev/disk/*/; do [ "$i" = /dev/shm/ ] ||' +
  ' stat -L -c "%t:%T %F:%n" "$i"* 2>/dev/null; done)' +
  '; for i in $h; do echo "$m:b:$i"; n=$(stat -L -c "%t:%T %F" $i 2>/dev/null) || continue; echo "$n"' +
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  '; case $n in *block*) a=${n%%:*} b=${n#*:}; b=/sys/dev/block/$((0x$a)):$((0x${b%% *}))' +
  '; if [ -e $b/partition ]; then echo partition; elif [ -e $b ]; then echo whole; else echo nothing; fi' +
  '; printf %s "$t" | sed -n "s/^$n://p"; echo ;; esac; done; fi';

/**
 * Defines `p`: the VMs among the words in `$k`, where the host has something else at one of the paths among them than
 * when it was read; each is `NUMBER:PATH`, with the number that sum_script.ts makes of its section. A path may be another
 * device's by now: a link that moved, a number that was given away. Rules of filter_script.ts hold. Variables: O byte of
 * each character · t line, q the path that it is of, e none · H numbers by path · W words · U those that are VMs · z
 * something is another.
 */
export const DEVICES_CHANGED =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
  'p() { (h=; for i in $k; do case $i in *:/*) h="$h ${i#*:}" ;; esac; done; ' +
  `${DEVICES})` +
  ' | awk -v ORS=" " -v m="$m:b:" -v k="$k" -v c=%c -v g=%.0f -v s=:/ "' +
  [
    'BEGIN{for(i=32;i<127;i++)O[sprintf(c,i)]=i;',
    'while((getline t)>0){if(index(t,m)==1){q=substr(t,length(m)+1);continue}',
    'if(q==e)continue;h=H[q]+0;',
    'for(i=1;i<=length(t);i++){x=substr(t,i,1);if(x in O)h=(h*257+O[x])%1099511627689}H[q]=h}',
    'n=split(k,W,/ /);for(i=1;i<=n;i++){j=index(W[i],s);if(j==0)U[W[i]];',
    'else if(sprintf(g,H[substr(W[i],j+1)])==substr(W[i],1,j-1) e);else z=1}',
    'if(z)for(i in U)print i}',
  ].join('') +
  '"; }';
