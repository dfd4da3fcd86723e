#!/bin/sh
# Lets the owner of an SSH key run virtune on this host and nothing else: docs/privileges.md says how to install it.
#
# usage, in authorized_keys:  restrict,command="/usr/local/sbin/virtune-forced-command MODE" ssh-ed25519 AAAA...
#   MODE read    `virtune run --check`, `watch --check`, `show` and `doctor --check`: reads, and cannot write
#   MODE apply   the same, and the virsh commands of the modules that set limits, on VMs by UUID
#
# virtune runs constant programs; all that differs from run to run are arguments of a narrow alphabet. What is allowed
# below is those programs word for word, with arguments of exactly the shapes that virtune gives them. The programs
# belong to one version of virtune: update this file together with virtune, or its runs are refused.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
URI=qemu:///system
# What runs virsh here: nothing but the host's own, or exactly the words of libvirt_virsh, e.g.
# VIRSH='docker exec nova_libvirt virsh'
VIRSH=

READ='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=${2%% *}; V=virsh; case $0 in virtune*) ;; *) V=$0;; esac; echo; echo >&2; echo "$m:begin"; for i in awk ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done; w=$3; f() { awk -v RS="<" -v m="$m:" -v k="$w" -v a="-->" -v b="]]>" -v h="?>" -v s=/ -v c=%c -v q="[ />]" -v r="^([^>DS]|D[^D]*D|S[^S]*S)*>" -v f="^[lc]:[0-9a-f]" -v O="cat >&3" "BEGIN{n=sprintf(c,10);w=sprintf(c,34);gsub(/D/,w,r);w=sprintf(c,39);gsub(/S/,w,r);ORS=e;y=m;split(k,W,/ /);for(i in W){l=split(W[i],V,s);j=e;for(o=1;o<=l;o++){j=j s V[o];K[j]+=(o==l)}}for(;;){if(M){print n M;while((i=index(M,m))>0)M=substr(M,i+length(m));u=substr(M,1,38);d=0;y=M=e}if((getline t)<1)break;if((i=index(t,m))>0){M=substr(t,i);t=substr(t,1,i-1)}if(y==e){if(t~/^[ -#]--/){y=a;t=substr(t,4)}else if(t~/^[ -#][[]CDATA[[]/)y=b;else if(t~/^[?]/)y=h;if(y==e);else N[u]}if(y==e);else{i=index(t,y);if(y==b&&T[d])print RS (i?substr(t,1,i+2):t);if(i==0)continue;t=substr(t,i+length(y));y=e;if(T[d])print t;continue}if(match(t,r)==0){print RS RS;continue}g=substr(t,1,RLENGTH);t=substr(t,RLENGTH+1);if(index(g,s)==1){P=d>0&&p[d]==c?0:1;if(substr(g,2,length(g)-2)==G[d]&&d>0)d--;else{P=1;g=RS g}if(P)print RS g}else{match(g,q);x=L=substr(g,1,RSTART-1);sub(/^[^:]*:/,e,x);j=p[d] s x;E[d+1]=(d>0&&E[d])||((j s) in K);P=E[d+1]||(j in K);if(P)print RS g;if(substr(g,length(g)-1,1)==s);else{d++;G[d]=L;p[d]=P?j:c;T[d]=E[d]||(P&&K[j])}}if(d>0&&T[d])print t;else if(P)print n}for(u in N)if(u~f)print u n | O}"; }; v() { $V -r -c "$u" "$1" </dev/null; }; g() { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done; v "${b}echo $m:batch"; }; t=; case " $3" in *" network/"*) t="net-list --all --uuid;" ;; esac; l=$(v "echo $m:all;list --all --uuid --name;echo $m:transient;list --all --uuid --name --transient;echo $m:paused;list --all --uuid --name --state-paused;echo $m:shutoff;list --all --uuid --name --state-shutoff;echo $m:other;list --all --uuid --name --state-other;echo $m:saved;list --all --uuid --name --with-managed-save;echo $m:nets;${t}echo $m:listed"); q=$6; n() { awk -v m="$m:" -v k="$q" -v c=%c -v b="~" -v l=all "BEGIN{for(i=1;i<256;i++)O[sprintf(c,i)]=i;split(k,W,/ /);for(i in W)D[W[i]];while((getline t)>0){L[++n]=t;if(index(t,m)==1)a=(t==m l);else if(a&&t~/^[0-9a-f-]+ /){u=substr(t,1,36);x=substr(t,38);sub(/ +$/,e,x);h=0;for(i=1;i<=length(x);i++)h=(h*31+O[substr(x,i,1)])%16777213;if(h in D)F[h];if((u in D)||(x in D)||(h in D));else S[n]}}for(i in D)if((i in F)||i~/-/);else z=1;for(i=1;i<=n;i++)print((z==0&&(i in S)?b:e) L[i])}"; }; [ -z "$q" ] || l=$(printf %s "$l" | n); printf %s "$l"; echo; x=; for i in $4; do x="$x/^$i /d;"; done; exec 4>&1; o=$(printf %s "$l" | sed -n -E -e "/^$m:all/,/^$m:transient/{${x}/^[0-9a-f-]{36} /{s/ .*//;s/.*/echo --err $m:d:&;echo $m:l:&;dumpxml &;echo $m:c:&;dumpxml --inactive &/p;};d;}" -e "/^$m:nets/,/^$m:listed/{/^[0-9a-f-]{36}/s/.*/echo --err $m:d:&;echo $m:n:&;net-dumpxml &/p;}" | g | f 3>&1 >&4); [ -z "$o" ] || echo "$o" | sed -n -e "/^l:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:l:&;domiflist &/p;}" -e "/^c:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:c:&;domiflist & --inactive/p;}" | g; h=; case $u in *:///*) h=$5 ;; esac; if [ -n "$h" ]; then echo "$m:io"; case $u in */session*) echo session ;; *) cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null ;; esac; t=$(for i in /dev/ /dev/*/ /dev/disk/*/; do [ "$i" = /dev/shm/ ] || stat -L -c "%t:%T %F:%n" "$i"* 2>/dev/null; done); for i in $h; do echo "$m:b:$i"; n=$(stat -L -c "%t:%T %F" $i 2>/dev/null) || continue; echo "$n"; case $n in *block*) a=${n%%:*} b=${n#*:}; b=/sys/dev/block/$((0x$a)):$((0x${b%% *})); if [ -e $b/partition ]; then echo partition; elif [ -e $b ]; then echo whole; else echo nothing; fi; printf %s "$t" | sed -n "s/^$n://p"; echo ;; esac; done; fi; echo "$m:end"'
APPLY='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=${2%% *}; V=virsh; case $0 in virtune*) ;; *) V=$0;; esac; echo; echo >&2; echo "$m:begin"; for i in awk ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done; w=$3; f() { awk -v RS="<" -v m="$m:" -v k="$w" -v a="-->" -v b="]]>" -v h="?>" -v s=/ -v c=%c -v q="[ />]" -v r="^([^>DS]|D[^D]*D|S[^S]*S)*>" -v f="^[lc]:[0-9a-f]" -v O="cat >&3" "BEGIN{n=sprintf(c,10);w=sprintf(c,34);gsub(/D/,w,r);w=sprintf(c,39);gsub(/S/,w,r);ORS=e;y=m;split(k,W,/ /);for(i in W){l=split(W[i],V,s);j=e;for(o=1;o<=l;o++){j=j s V[o];K[j]+=(o==l)}}for(;;){if(M){print n M;while((i=index(M,m))>0)M=substr(M,i+length(m));u=substr(M,1,38);d=0;y=M=e}if((getline t)<1)break;if((i=index(t,m))>0){M=substr(t,i);t=substr(t,1,i-1)}if(y==e){if(t~/^[ -#]--/){y=a;t=substr(t,4)}else if(t~/^[ -#][[]CDATA[[]/)y=b;else if(t~/^[?]/)y=h;if(y==e);else N[u]}if(y==e);else{i=index(t,y);if(y==b&&T[d])print RS (i?substr(t,1,i+2):t);if(i==0)continue;t=substr(t,i+length(y));y=e;if(T[d])print t;continue}if(match(t,r)==0){print RS RS;continue}g=substr(t,1,RLENGTH);t=substr(t,RLENGTH+1);if(index(g,s)==1){P=d>0&&p[d]==c?0:1;if(substr(g,2,length(g)-2)==G[d]&&d>0)d--;else{P=1;g=RS g}if(P)print RS g}else{match(g,q);x=L=substr(g,1,RSTART-1);sub(/^[^:]*:/,e,x);j=p[d] s x;E[d+1]=(d>0&&E[d])||((j s) in K);P=E[d+1]||(j in K);if(P)print RS g;if(substr(g,length(g)-1,1)==s);else{d++;G[d]=L;p[d]=P?j:c;T[d]=E[d]||(P&&K[j])}}if(d>0&&T[d])print t;else if(P)print n}for(u in N)if(u~f)print u n | O}"; }; d=$(for i in $4; do echo "$i"; done | sed -n "s/.*/echo --err $m:d:&;memtune & --config;echo $m:l:&;dumpxml &;echo $m:c:&;dumpxml --inactive &/p"); v() { $V -c "$u" "$1" </dev/null; }; b=$5; shift 5; if [ $# -gt 0 ]; then e=$(v "$b" 2>&1 >/dev/null); printf %s "$e" >&2; echo >&2; t=$(printf %s "$e" | sed -n -E -e "/^error: $m:s:/{s/$/;/;h;d;}" -e "/^error:/{g;p;}"); b=; while [ $# -gt 0 ]; do case "$t" in *"$m:s:$1;"*) ;; *) b="$b$2;" ;; esac; shift 2; done; b="${b}echo --err $m:s:done"; fi; v "$b;$d;echo $m:batch" | f 3>/dev/null; echo "$m:end"'
WATCH='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=${2%% *}; V=virsh; case $0 in virtune*) ;; *) V=$0;; esac; echo; echo >&2; echo "$m:begin"; for i in awk timeout dd ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done; p=$(awk -v c=%c "BEGIN{printf c c,36,33}"); t=; [ "$V" = virsh ] || t="--timeout 3600"; s() { ( $V -r -k 5 -K 3 -c "$u" "uri;echo $m:up:$1;event --event $1 --loop $t" </dev/null & eval v=$p; trap "kill $v" TERM; wait $v; echo "$m:ended:$1" ) & }; n() { stat -c %Y.%i.%n /run/libvirt/qemu/*.xml /etc/libvirt/qemu/*.xml 2>/dev/null | cksum; }; o=; case $u in *:///system*) o=$(n) ;; esac; s lifecycle; eval a=$p; s device-added; eval b=$p; ( while sleep "$4" >/dev/null 2>&1; kill -0 $$ 2>/dev/null; do [ -n "$o" ] || continue; q=$(n); case $q in *" 0") echo "$m:blind"; o= ;; "$o") ;; *) echo "$m:touched"; o=$q ;; esac; done; kill $a $b ) & eval c=$p; while [ -n "$(timeout "$3" dd bs=64 count=1 2>/dev/null)" ]; do echo "$m:alive"; done; kill $a $b $c 2>/dev/null; echo "$m:end"'
DOCTOR='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=${2%% *}; V=virsh; case $0 in virtune*) ;; *) V=$0;; esac; echo; echo >&2; echo "$m:begin"; echo "$m:time"; { date +%s; } </dev/null 2>&1; echo "$m:who"; { id -un; id -Gn; echo $VIRTUNE_MODE; } </dev/null 2>&1; echo "$m:login"; { s=$SUDO_USER$DOAS_USER; [ -n "$s" ] || s=$(id -un); getent passwd "$s"; } </dev/null 2>&1; echo "$m:kernel"; { uname -sr; } </dev/null 2>&1; echo "$m:tc"; { command -v tc && tc -V; } </dev/null 2>&1; echo "$m:modules"; { r=/lib/modules/$(uname -r); cat /proc/sys/kernel/modules_disabled; c=$( { zcat /proc/config.gz || cat /boot/config-$(uname -r); } 2>/dev/null ); for i in sch_htb:NET_SCH_HTB sch_sfq:NET_SCH_SFQ cls_fw:NET_CLS_FW sch_ingress:NET_SCH_INGRESS cls_u32:NET_CLS_U32 act_police:NET_ACT_POLICE; do n=${i%:*} k=CONFIG_${i#*:}; if [ -d /sys/module/$n ]; then echo $n loaded; elif grep -q "/$n[.]ko" $r/modules.builtin; then echo $n builtin; elif grep -q "^[^:]*/$n[.]ko[^:]*:" $r/modules.dep; then echo $n available; elif [ -r $r/modules.dep ]; then echo $n absent; else case $c in *$k=y*) echo $n builtin;; *$k=m*) echo $n unknown;; *$k?is?not?set*) echo $n absent;; *) echo $n unknown;; esac; fi; done; } </dev/null 2>&1; echo "$m:ovs"; { command -v ovs-vsctl && ovs-vsctl --version && ovs-vsctl --timeout=5 list-br; } </dev/null 2>&1; echo "$m:client"; { $V --version; } </dev/null 2>&1; echo "$m:version"; { $V -r -c "$u" "uri;version --daemon"; } </dev/null 2>&1; for i in awk ${V%% *}; do command -v $i >/dev/null 2>&1 || { echo "$m:no$i"; exit 0; }; done; w=$3; f() { awk -v RS="<" -v m="$m:" -v k="$w" -v a="-->" -v b="]]>" -v h="?>" -v s=/ -v c=%c -v q="[ />]" -v r="^([^>DS]|D[^D]*D|S[^S]*S)*>" -v f="^[lc]:[0-9a-f]" -v O="cat >&3" "BEGIN{n=sprintf(c,10);w=sprintf(c,34);gsub(/D/,w,r);w=sprintf(c,39);gsub(/S/,w,r);ORS=e;y=m;split(k,W,/ /);for(i in W){l=split(W[i],V,s);j=e;for(o=1;o<=l;o++){j=j s V[o];K[j]+=(o==l)}}for(;;){if(M){print n M;while((i=index(M,m))>0)M=substr(M,i+length(m));u=substr(M,1,38);d=0;y=M=e}if((getline t)<1)break;if((i=index(t,m))>0){M=substr(t,i);t=substr(t,1,i-1)}if(y==e){if(t~/^[ -#]--/){y=a;t=substr(t,4)}else if(t~/^[ -#][[]CDATA[[]/)y=b;else if(t~/^[?]/)y=h;if(y==e);else N[u]}if(y==e);else{i=index(t,y);if(y==b&&T[d])print RS (i?substr(t,1,i+2):t);if(i==0)continue;t=substr(t,i+length(y));y=e;if(T[d])print t;continue}if(match(t,r)==0){print RS RS;continue}g=substr(t,1,RLENGTH);t=substr(t,RLENGTH+1);if(index(g,s)==1){P=d>0&&p[d]==c?0:1;if(substr(g,2,length(g)-2)==G[d]&&d>0)d--;else{P=1;g=RS g}if(P)print RS g}else{match(g,q);x=L=substr(g,1,RSTART-1);sub(/^[^:]*:/,e,x);j=p[d] s x;E[d+1]=(d>0&&E[d])||((j s) in K);P=E[d+1]||(j in K);if(P)print RS g;if(substr(g,length(g)-1,1)==s);else{d++;G[d]=L;p[d]=P?j:c;T[d]=E[d]||(P&&K[j])}}if(d>0&&T[d])print t;else if(P)print n}for(u in N)if(u~f)print u n | O}"; }; v() { $V -r -c "$u" "$1" </dev/null; }; g() { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done; v "${b}echo $m:batch"; }; t=; case " $3" in *" network/"*) t="net-list --all --uuid;" ;; esac; l=$(v "echo $m:all;list --all --uuid --name;echo $m:transient;list --all --uuid --name --transient;echo $m:paused;list --all --uuid --name --state-paused;echo $m:shutoff;list --all --uuid --name --state-shutoff;echo $m:other;list --all --uuid --name --state-other;echo $m:saved;list --all --uuid --name --with-managed-save;echo $m:nets;${t}echo $m:listed"); q=$6; n() { awk -v m="$m:" -v k="$q" -v c=%c -v b="~" -v l=all "BEGIN{for(i=1;i<256;i++)O[sprintf(c,i)]=i;split(k,W,/ /);for(i in W)D[W[i]];while((getline t)>0){L[++n]=t;if(index(t,m)==1)a=(t==m l);else if(a&&t~/^[0-9a-f-]+ /){u=substr(t,1,36);x=substr(t,38);sub(/ +$/,e,x);h=0;for(i=1;i<=length(x);i++)h=(h*31+O[substr(x,i,1)])%16777213;if(h in D)F[h];if((u in D)||(x in D)||(h in D));else S[n]}}for(i in D)if((i in F)||i~/-/);else z=1;for(i=1;i<=n;i++)print((z==0&&(i in S)?b:e) L[i])}"; }; [ -z "$q" ] || l=$(printf %s "$l" | n); printf %s "$l"; echo; x=; for i in $4; do x="$x/^$i /d;"; done; exec 4>&1; o=$(printf %s "$l" | sed -n -E -e "/^$m:all/,/^$m:transient/{${x}/^[0-9a-f-]{36} /{s/ .*//;s/.*/echo --err $m:d:&;echo $m:l:&;dumpxml &;echo $m:c:&;dumpxml --inactive &/p;};d;}" -e "/^$m:nets/,/^$m:listed/{/^[0-9a-f-]{36}/s/.*/echo --err $m:d:&;echo $m:n:&;net-dumpxml &/p;}" | g | f 3>&1 >&4); [ -z "$o" ] || echo "$o" | sed -n -e "/^l:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:l:&;domiflist &/p;}" -e "/^c:/{s/..//;s/.*/echo --err $m:d:i:&;echo $m:i:c:&;domiflist & --inactive/p;}" | g; echo "$m:end"'

name=virtune
[ -z "$VIRSH" ] || name="'$VIRSH'"
asked=${SSH_ORIGINAL_COMMAND-}
mode=${1-}

refuse() {
  echo "virtune-forced-command: refused: $1" >&2
  exit 126
}

# The arguments of the program that was asked for, as virtune quotes them, must be of this form and nothing more.
shape() {
  printf '%s\n' "$rest" | grep -Eqx -e "$1" || refuse "arguments that virtune does not give (allowed URI: $URI)"
}

marker='vt[0-9a-f]{24}'
path='[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*/?'
device='/dev(/[A-Za-z0-9_][A-Za-z0-9._:+@=-]*)+'
uuid='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
named="([0-9]{1,8}|$uuid)"
# The commands of all modules, by UUID, with numbers.
change="(domiftune $uuid ([0-9a-f]{2}:){5}[0-9a-f]{2}( --live)?( --config)?( --inbound [0-9]*(,[0-9]+){0,3})?( --outbound [0-9]*(,[0-9]+){0,3})?|schedinfo $uuid( --live)?( --config)?( (cpu_shares|(vcpu|global)_(period|quota))=-?[0-9]+)+|memtune $uuid( --live)?( --config)?( --soft-limit (-1|[0-9]+))?( --hard-limit (-1|[0-9]+))?( --swap-hard-limit (-1|[0-9]+))?|blkdeviotune $uuid [a-z0-9]+( --live)?( --config)?( --group-name [A-Za-z0-9_.-]+)?( --(total|read|write)-(bytes|iops)-sec(-max|-max-length)? [0-9]+| --size-iops-sec [0-9]+)+|blkiotune $uuid( --live)?( --config)?( --device-(read|write)-(bytes|iops)-sec /dev(/[A-Za-z0-9_][A-Za-z0-9._:+@=-]*)+,[0-9]+)+)"
step="(echo --err $marker:s:([0-9]+|half|done)|$change)"

case $mode in read | apply) ;; *) refuse 'no such mode: read or apply' ;; esac
# grep judges line by line.
case $asked in
  *"
"*) refuse 'a command of several lines' ;;
  '') refuse 'this key runs virtune only, and has no shell' ;;
esac

case $asked in
  "exec /bin/sh -c '$READ' $name '"*)
    rest=${asked#"exec /bin/sh -c '$READ' $name "}
    shape "'$marker' '$URI' '$path( $path)*' '($uuid( $uuid)*)?' '($device( $device)*)?' '($named( $named)*)?'"
    ;;
  "exec /bin/sh -c '$WATCH' $name '"*)
    rest=${asked#"exec /bin/sh -c '$WATCH' $name "}
    shape "'$marker' '$URI' '[0-9]+' '[0-9]+'"
    ;;
  "exec /bin/sh -c '$DOCTOR' $name '"*)
    rest=${asked#"exec /bin/sh -c '$DOCTOR' $name "}
    shape "'$marker' '$URI' '$path( $path)*' ''"
    ;;
  "exec /bin/sh -c '$APPLY' $name '"*)
    [ "$mode" = apply ] || refuse 'this key may read only'
    rest=${asked#"exec /bin/sh -c '$APPLY' $name "}
    shape "'$marker' '$URI' '$path( $path)*' '$uuid( $uuid)*' '$step(;$step)*'( '[0-9]+' '$step(;$step)*')*"
    ;;
  *"sudo"* | *"doas"*) refuse 'set ansible_become to false: this key needs no sudo' ;;
  *) refuse 'not a program of the virtune that this file belongs to; update it together with virtune' ;;
esac

# So that `virtune doctor` can tell what this key may do.
VIRTUNE_MODE=$mode
export VIRTUNE_MODE

# Every byte of it is known now: one of the programs above, and arguments in single quotes without any of their own.
exec /bin/sh -c "$asked"
