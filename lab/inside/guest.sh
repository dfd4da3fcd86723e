#!/bin/bash
# Inside a hypervisor: defines guests and starts them paused. They have no system, and a disk only where one is asked
# for: nothing runs in them.
#   guest.sh NAME [OPTION...] [-- NAME [OPTION...]]...
#     --nic XML       an <interface> element; repeatable. Default: one virtio NIC in the bridge br0
#     --no-nic        none at all
#     --off           define only
#     --transient     running, but without a persistent definition
#     --title TEXT   --uuid UUID   --metadata-xml XML (what goes inside <metadata>)
#     --seed N        take MACs 52:54:00:N..:N..:01, 02, ... and the UUID from a number instead of at random
#     --nics N        N default NICs
#     --disk XML      a <disk> element; repeatable
#     --disks N       N disks vda, vdb, ...: raw files of a megabyte in /var/lib/libvirt/images, empty
#     --cdrom         an empty CD-ROM drive, hdc
#   guest.sh --define [--off | --transient]     whole domain documents from stdin, separated by NUL
#   guest.sh --args                             the arguments themselves from stdin, separated by NUL
# Prints the UUID of each guest. A name is data from beginning to end: it is escaped once, for XML, and no shell,
# no virsh parser and no lookup ever sees it.
set -eu
export LC_ALL=C LIBVIRT_DEFAULT_URI=qemu:///system
shopt -u patsub_replacement 2>/dev/null || :      # "&" in a replacement is just that

work=$(mktemp -d /tmp/guest.XXXXXX)
trap 'rm -rf "$work"' EXIT
commands=() uuids=() count=0

fail() { echo "guest: $*" >&2; exit 64; }

escape() { # TEXT -> $escaped
  escaped=${1//&/&amp;}
  escaped=${escaped//</&lt;}
  escaped=${escaped//>/&gt;}
}

new_uuid() { read -r uuid </proc/sys/kernel/random/uuid; }

add() { # XML UUID on|off|transient
  local file=$work/$((count += 1)).xml
  printf '%s' "$1" >"$file"
  case $3 in
    on) commands+=("define $file" "start --paused $2") ;;
    off) commands+=("define $file") ;;
    transient) commands+=("create --paused $file") ;;
  esac
  uuids+=("$2")
}

add_guest() {
  local name=$1 mode=on uuid='' title='' metadata='' seed='' nics=1 images=0 interfaces=() disks=() i mac file target escaped
  shift
  while (($#)); do
    case $1 in
      --off) mode=off ;;
      --transient) mode=transient ;;
      --no-nic) nics=0 ;;
      --cdrom) disks+=("<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>") ;;
      --nic | --nics | --title | --uuid | --metadata-xml | --seed | --disk | --disks)
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
          --nic) interfaces+=("$2") ;;
          --nics) nics=$2 ;;
          --title) escape "$2"; title="<title>$escaped</title>" ;;
          --uuid) uuid=$2 ;;
          --metadata-xml) metadata="<metadata>$2</metadata>" ;;
          --seed) seed=$2 ;;
          --disk) disks+=("$2") ;;
          --disks) images=$2 ;;
        esac
        shift ;;
      *) fail "unknown option $1" ;;
    esac
    shift
  done
  if ((${#interfaces[@]} == 0)); then
    for ((i = 1; i <= nics; i++)); do
      mac=''
      [[ $seed ]] && printf -v mac "<mac address='52:54:00:%02x:%02x:%02x'/>" $((seed >> 8 & 255)) $((seed & 255)) "$i"
      # No option ROM: its file is in a package of its own.
      interfaces+=("<interface type='bridge'>$mac<source bridge='br0'/><model type='virtio'/><rom enabled='no'/></interface>")
    done
  fi
  if [[ ! $uuid ]]; then
    if [[ $seed ]]; then printf -v uuid '6c616200-0000-4000-8000-%012x' "$seed"; else new_uuid; fi
  fi
  for ((i = 0; i < images; i++)); do
    target=abcdefghijklmnopqrstuvwxyz
    target=vd${target:i:1}
    file=/var/lib/libvirt/images/$uuid-$target.raw
    mkdir -p "${file%/*}"
    truncate -s 1M "$file"
    disks+=("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$file'/><target dev='$target' bus='virtio'/></disk>")
  done
  escape "$name"
  add "<domain type='qemu'>
  <name>$escaped</name><uuid>$uuid</uuid>$title$metadata
  <memory unit='MiB'>2</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    ${disks[*]}
    ${interfaces[*]}
  </devices>
</domain>" "$uuid" "$mode"
}

add_documents() { # on|off|transient
  local xml uuid
  while IFS= read -r -d '' xml || [[ $xml =~ [^[:space:]] ]]; do
    if [[ $xml =~ \<uuid\>[[:space:]]*([0-9a-fA-F-]+)[[:space:]]*\</uuid\> ]]; then
      uuid=${BASH_REMATCH[1]}
    elif [[ $xml =~ \<domain[^\>]*\> ]]; then
      new_uuid
      xml=${xml/"${BASH_REMATCH[0]}"/"${BASH_REMATCH[0]}<uuid>$uuid</uuid>"}
    else
      fail 'a document without <domain>'
    fi
    add "$xml" "$uuid" "$1"
    xml=''
  done
}

if (($#)) && [[ $1 = --args ]]; then
  mapfile -d '' -t arguments
  set -- "${arguments[@]}"
fi
(($#)) || fail 'usage: guest.sh NAME [OPTION...]'
if [[ $1 = --define ]]; then
  case ${2-} in
    '') add_documents on ;;
    --off) add_documents off ;;
    --transient) add_documents transient ;;
    *) fail "unknown option $2" ;;
  esac
else
  while (($#)); do
    one=("$1"); shift           # the first word is always a name, even "--"
    while (($#)); do
      case $1 in
        --) shift; break ;;
        --nic | --nics | --title | --uuid | --metadata-xml | --seed | --disk | --disks)
          (($# > 1)) || fail "$1 needs a value"
          one+=("$1" "$2"); shift 2 ;;
        *) one+=("$1"); shift ;;
      esac
    done
    add_guest "${one[@]}"
  done
fi

# One virsh for all. It exits as its last command did, so anything on stderr counts as a failure too.
((${#commands[@]})) || exit 0
status=0
# A guest whose start waits for ever (vhostuser without its other end) is given up, though libvirt goes on waiting.
(IFS=';'; exec timeout 300 virsh -q "${commands[*]}") >/dev/null 2>"$work/errors" || status=$?
if [[ -s $work/errors ]]; then cat "$work/errors" >&2; status=1; fi
((status == 0)) || exit 1
printf '%s\n' "${uuids[@]}"
