#!/bin/sh
# Lets the owner of an SSH key run virtune on this host and nothing else: docs/privileges.md says how to install it.
#
# usage, in authorized_keys:  restrict,command="/usr/local/sbin/virtune-forced-command MODE" ssh-ed25519 AAAA...
#   MODE read    `virtune run --check`, `show` and `doctor --check`: reads, and cannot write
#   MODE apply   the same, and `virsh domiftune` on VMs and NICs by UUID and MAC
#
# virtune runs constant programs; all that differs from run to run are arguments of a narrow alphabet. What is allowed
# below is those programs word for word, with arguments of exactly the shapes that virtune gives them. The programs
# belong to one version of virtune: update this file together with virtune, or its runs are refused.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
URI=qemu:///system

READ='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=$2; echo; echo >&2; echo "$m:begin"; command -v virsh >/dev/null 2>&1 || { echo "$m:novirsh"; exit 0; }; if [ "$3" = 1 ]; then k=p; else k=d; fi; f() { sed -n -E -e "/^  <metadata>/,/^  <.metadata>/{$k;d;}" -e "/^<network/,/^<.network>/{p;d;}" -e "/^    <interface /,/^    <.interface>/{p;d;}" -e "/^$m:/p" -e "/^<.?domain/p" -e "/^  <(uuid|name|title)>/p" -e "/^  <.?devices>/p"; }; v() { virsh -r -c "$u" "$1" </dev/null; }; l=$(v "echo $m:all;list --all --uuid --name;echo $m:transient;list --all --uuid --name --transient;echo $m:paused;list --all --uuid --name --state-paused;echo $m:shutoff;list --all --uuid --name --state-shutoff;echo $m:other;list --all --uuid --name --state-other;echo $m:nets;net-list --all --uuid;echo $m:listed"); printf %s "$l"; echo; printf %s "$l" | sed -n -E -e "/^$m:all/,/^$m:transient/{/^[0-9a-f-]{36} /{s/ .*//;s/.*/echo --err $m:d:&;echo $m:l;dumpxml &;echo $m:c;dumpxml --inactive &/p;};d;}" -e "/^$m:nets/,/^$m:listed/{/^[0-9a-f-]{36}/s/.*/echo --err $m:d:&;echo $m:n;net-dumpxml &/p;}" | { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done; v "${b}echo $m:batch"; } | f; echo "$m:end"'
APPLY='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=$2; echo; echo >&2; echo "$m:begin"; command -v virsh >/dev/null 2>&1 || { echo "$m:novirsh"; exit 0; }; if [ "$3" = 1 ]; then k=p; else k=d; fi; f() { sed -n -E -e "/^  <metadata>/,/^  <.metadata>/{$k;d;}" -e "/^<network/,/^<.network>/{p;d;}" -e "/^    <interface /,/^    <.interface>/{p;d;}" -e "/^$m:/p" -e "/^<.?domain/p" -e "/^  <(uuid|name|title)>/p" -e "/^  <.?devices>/p"; }; d=$(for i in $4; do echo "$i"; done | sed -n "s/.*/echo --err $m:d:&;echo $m:l;dumpxml &;echo $m:c;dumpxml --inactive &/p"); virsh -c "$u" "$5;$d;echo $m:batch" </dev/null | f; echo "$m:end"'
DOCTOR='LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; m=$1 u=$2; echo; echo >&2; echo "$m:begin"; echo "$m:time"; { date +%s; } </dev/null 2>&1; echo "$m:who"; { id -un; id -Gn; echo $VIRTUNE_MODE; } </dev/null 2>&1; echo "$m:login"; { s=$SUDO_USER$DOAS_USER; [ -n "$s" ] || s=$(id -un); getent passwd "$s"; } </dev/null 2>&1; echo "$m:kernel"; { uname -sr; } </dev/null 2>&1; echo "$m:tc"; { command -v tc && tc -V; } </dev/null 2>&1; echo "$m:modules"; { r=/lib/modules/$(uname -r); cat /proc/sys/kernel/modules_disabled; c=$( { zcat /proc/config.gz || cat /boot/config-$(uname -r); } 2>/dev/null ); for i in sch_htb:NET_SCH_HTB sch_sfq:NET_SCH_SFQ cls_fw:NET_CLS_FW sch_ingress:NET_SCH_INGRESS cls_u32:NET_CLS_U32 act_police:NET_ACT_POLICE; do n=${i%:*} k=CONFIG_${i#*:}; if [ -d /sys/module/$n ]; then echo $n loaded; elif grep -q "/$n[.]ko" $r/modules.builtin; then echo $n builtin; elif grep -q "^[^:]*/$n[.]ko[^:]*:" $r/modules.dep; then echo $n available; elif [ -r $r/modules.dep ]; then echo $n absent; else case $c in *$k=y*) echo $n builtin;; *$k=m*) echo $n unknown;; *$k?is?not?set*) echo $n absent;; *) echo $n unknown;; esac; fi; done; } </dev/null 2>&1; echo "$m:ovs"; { command -v ovs-vsctl && ovs-vsctl --version && ovs-vsctl --timeout=5 list-br; } </dev/null 2>&1; echo "$m:client"; { virsh --version; } </dev/null 2>&1; echo "$m:version"; { virsh -r -c "$u" "uri;version --daemon"; } </dev/null 2>&1; command -v virsh >/dev/null 2>&1 || { echo "$m:novirsh"; exit 0; }; if [ "$3" = 1 ]; then k=p; else k=d; fi; f() { sed -n -E -e "/^  <metadata>/,/^  <.metadata>/{$k;d;}" -e "/^<network/,/^<.network>/{p;d;}" -e "/^    <interface /,/^    <.interface>/{p;d;}" -e "/^$m:/p" -e "/^<.?domain/p" -e "/^  <(uuid|name|title)>/p" -e "/^  <.?devices>/p"; }; v() { virsh -r -c "$u" "$1" </dev/null; }; l=$(v "echo $m:all;list --all --uuid --name;echo $m:transient;list --all --uuid --name --transient;echo $m:paused;list --all --uuid --name --state-paused;echo $m:shutoff;list --all --uuid --name --state-shutoff;echo $m:other;list --all --uuid --name --state-other;echo $m:nets;net-list --all --uuid;echo $m:listed"); printf %s "$l"; echo; printf %s "$l" | sed -n -E -e "/^$m:all/,/^$m:transient/{/^[0-9a-f-]{36} /{s/ .*//;s/.*/echo --err $m:d:&;echo $m:l;dumpxml &;echo $m:c;dumpxml --inactive &/p;};d;}" -e "/^$m:nets/,/^$m:listed/{/^[0-9a-f-]{36}/s/.*/echo --err $m:d:&;echo $m:n;net-dumpxml &/p;}" | { b=; while read -r c; do b="$b$c;"; [ ${#b} -lt 100000 ] || { v "${b}echo $m:batch"; b=; }; done; v "${b}echo $m:batch"; } | f; echo "$m:end"'

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
uuid='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
mac='([0-9a-f]{2}:){5}[0-9a-f]{2}'
rate='[0-9]*(,[0-9]+){0,3}'
change="domiftune $uuid $mac( --live)?( --config)?( --inbound $rate)?( --outbound $rate)?"
step="(echo --err $marker:s:([0-9]+|done)|$change)"

case $mode in read | apply) ;; *) refuse 'no such mode: read or apply' ;; esac
# grep judges line by line.
case $asked in
  *"
"*) refuse 'a command of several lines' ;;
  '') refuse 'this key runs virtune only, and has no shell' ;;
esac

case $asked in
  "exec /bin/sh -c '$READ' virtune '"*)
    rest=${asked#"exec /bin/sh -c '$READ' virtune "}
    shape "'$marker' '$URI' '[01]'"
    ;;
  "exec /bin/sh -c '$DOCTOR' virtune '"*)
    rest=${asked#"exec /bin/sh -c '$DOCTOR' virtune "}
    shape "'$marker' '$URI' '0'"
    ;;
  "exec /bin/sh -c '$APPLY' virtune '"*)
    [ "$mode" = apply ] || refuse 'this key may read only'
    rest=${asked#"exec /bin/sh -c '$APPLY' virtune "}
    shape "'$marker' '$URI' '[01]' '$uuid( $uuid)*' '$step(;$step)*'"
    ;;
  *"sudo"* | *"doas"*) refuse 'set ansible_become to false: this key needs no sudo' ;;
  *) refuse 'not a program of the virtune that this file belongs to; update it together with virtune' ;;
esac

# So that `virtune doctor` can tell what this key may do.
VIRTUNE_MODE=$mode
export VIRTUNE_MODE

# Every byte of it is known now: one of the programs above, and arguments in single quotes without any of their own.
exec /bin/sh -c "$asked"
