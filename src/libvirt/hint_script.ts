/**
 * What a host lets the reading program guess: which domains and networks there probably are, by the names of the files
 * that libvirt keeps of them. So one virsh process can list them and describe them. It is a hint and nothing more: the
 * list alone says what there is, and a description is believed only of the domain that it names itself
 * (filter_script.ts). Folders that this login may not look into, or that are not this libvirt's, only make the hint
 * shorter, or of no use.
 *
 * Only names that can be nothing else for virsh: a narrow alphabet, first a letter (it takes numbers for ids of domains),
 * and not as long as a UUID. The alphabet is given to sh as what separates words, so that of a name in it nothing is left:
 * no pattern says "other than these" in all shells without an exclamation mark.
 *
 * Sets `$b` to the commands that describe them, each marked as in script.ts, but by name: `d:h:NAME` (networks:
 * `d:n:NAME`) on standard error. `$t` says whether networks are asked for, `$q` which domains alone are meant.
 */
export const HINT =
  'p() { F=$IFS; IFS=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-; set -- $1; IFS=; i=$*; IFS=$F; }' +
  '; h() { for i in $1/*.xml $2/*.xml; do n=${i##*/}; n=${n%.xml}' +
  '; case ${#n}:$n in 36:*) continue ;; [0-9]*:[A-Za-z]*) ;; *) continue ;; esac' +
  '; case $i in $2/*) if [ -e "$1/$n.xml" ]; then continue; fi ;; esac' +
  '; p "$n"; [ -z "$i" ] || continue; [ ${#b} -lt 100000 ] || break' +
  '; case $3 in n) b="${b}echo --err $m:d:n:$n;echo $m:n:$n;net-dumpxml $n;" ;;' +
  ' *) b="${b}echo --err $m:d:h:$n;echo $m:l:$n;dumpxml $n;echo $m:c:$n;dumpxml --inactive $n;" ;; esac; done; }' +
  '; b=; case $u:$4:$q in qemu:///system::) h /run/libvirt/qemu /etc/libvirt/qemu' +
  '; [ -z "$t" ] || h /run/libvirt/network /etc/libvirt/qemu/networks n ;; esac';
