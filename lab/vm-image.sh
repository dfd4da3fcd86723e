# Sourced by lab.sh: the machine of vm.sh as QEMU sees it, and its image. The image is keyed by a hash of this file
# and of what goes into the image, so whatever changes here builds a new one.

VM_ROOT_PACKAGES=systemd,systemd-sysv,dbus,udev,iproute2,openssh-server,kmod,netbase
VM_ROOT_PACKAGES+=,libvirt-daemon-system,libvirt-clients,qemu-system-x86,linux-image-cloud-amd64
VM_ROOT_PACKAGES+=,openvswitch-switch,fish,csh
VM_FILES=("$HERE"/inside/{guest.sh,mount-tc.sh,provision.sh,tc,vm-boot.sh})
VM_MEMORY=2048
VM_BOOT_SECONDS=300

hash_of() { sha256sum | cut -c1-16; }

vm_paths() { # sets $root_tar and $image
  root_tar=$CACHE/rootfs-$(hash_of <<<"bookworm $VM_ROOT_PACKAGES").tar.zst
  image=$CACHE/vm-$({ qemu-system-x86_64 --version; cat "$HERE/vm-image.sh" "${VM_FILES[@]}"; } | hash_of)
}

# Starts QEMU in DIRECTORY, on its disk.qcow2, and sets $port. What stands on fd 7 is for `-incoming fd:7`.
vm_launch() { # DIRECTORY QEMU_ARGUMENT...
  local dir=$1 try pid end; shift
  for try in {1..20}; do
    port=$((22000 + ($(cksum <<<"$dir" | cut -d' ' -f1) + try * 37) % 2000))
    rm -f "$dir/pid"
    (
      cd "$dir"         # names in options are relative: a comma in a path would end the option
      exec setsid qemu-system-x86_64 -name virtune-lab -machine pc -accel tcg,thread=multi -cpu max -smp 2 \
        -m $VM_MEMORY -nodefaults -no-reboot -display none -pidfile "$dir/pid" -serial file:console.log \
        -kernel vmlinuz -initrd initrd.img -append 'root=/dev/vda rw console=ttyS0 loglevel=4 mitigations=off net.ifnames=0' \
        -drive file=disk.qcow2,if=virtio,format=qcow2,cache=unsafe \
        -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" \
        -device virtio-net-pci,netdev=net,romfile= -device virtio-rng-pci "$@" </dev/null >qemu.log 2>&1 8>&- 9>&-
    ) &
    pid=$!
    end=$((SECONDS + 20))
    until [[ -s $dir/pid ]]; do
      kill -0 $pid 2>/dev/null && ((SECONDS < end)) || break
      sleep 0.02
    done
    if [[ -s $dir/pid ]]; then disown $pid; return 0; fi
    grep -q 'Could not set up host forwarding' "$dir/qemu.log" || break      # else that port is taken: the next
  done
  say 'QEMU did not start:'
  tail -n 5 "$dir/qemu.log" >&2
  return 1
}

vm_build_root() { # makes $root_tar
  [[ ! -s $root_tar ]] || return 0
  local started log=$CACHE/rootfs.log; started=$(now_ms)
  say 'vm: installing Debian into an image (about a minute)'
  mmdebstrap --variant=minbase --aptopt='Apt::Install-Recommends "0"' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$VM_ROOT_PACKAGES" bookworm - >"$root_tar.raw" 2>"$log" ||
    { tail -n 15 "$log" >&2; rm -f "$root_tar.raw"; die 'mmdebstrap failed'; }
  zstd -q -3 -T0 --rm -f "$root_tar.raw" -o "$root_tar.part"
  mv "$root_tar.part" "$root_tar"
  say "vm: root file system after $(seconds_since "$started") s"
}

vm_configure_root() { # DIRECTORY KEYS
  local root=$1 keys=$2 unit
  echo vm01 >"$root/etc/hostname"
  printf '%s\n' '127.0.0.1 localhost' '10.0.2.15 vm01' >"$root/etc/hosts"
  : >"$root/etc/fstab"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/motd "$root"/etc/libvirt/qemu/networks/{,autostart/}default.xml
  rm -rf "$root"/etc/update-motd.d "$root/var/cache/apt" "$root/var/lib/apt/lists"
  install -m 600 "$keys/ssh_host_ed25519_key" "$keys/ssh_host_ed25519_key.pub" "$root/etc/ssh/"
  cat >"$root/etc/ssh/sshd_config.d/lab.conf" <<'CONF'
Include /run/lab/sshd.d/*.conf
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /run/lab/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 1000
MaxSessions 100
LogLevel VERBOSE
CONF
  # Emulated, each process start counts: no mount namespace and no ownership database for guests.
  printf '%s\n' 'security_driver = "none"' 'namespaces = [ ]' 'remember_owner = 0' >"$root/etc/libvirt/qemu.conf"
  echo 'LIBVIRTD_ARGS=""' >"$root/etc/default/libvirtd"           # it would leave after two idle minutes

  local lab=$root/usr/local/lib/virtune-lab
  mkdir -p "$lab/bin"
  cp "${VM_FILES[@]}" "$lab/bin/"
  cp "$keys/id_ed25519.pub" "$lab/authorized_keys"
  printf '%s\n' LAB_NAME=vm01 LAB_ADDRESS=10.0.2.15 LAB_OVS=1 LAB_OVS_DATAPATH=system LAB_TC=real >"$lab/env"
  cat >"$root/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
After=local-fs.target systemd-udevd.service
Before=ssh.service libvirtd.service network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash /usr/local/lib/virtune-lab/bin/vm-boot.sh
StandardError=journal+console
[Install]
WantedBy=multi-user.target
UNIT
  ln -s ../lab.service "$root/etc/systemd/system/multi-user.target.wants/lab.service"
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer logrotate.timer man-db.timer systemd-tmpfiles-clean.timer getty@tty1.service \
    serial-getty@ttyS0.service getty-static.service systemd-networkd.service systemd-resolved.service \
    systemd-timesyncd.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-pstore.service libvirt-guests.service dnsmasq.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}

vm_build() { # makes $image
  require_root
  local dir=$image.part started stale; started=$(now_ms)
  for stale in "$CACHE"/vm-*.part; do         # of builds that were killed: we hold the lock
    vm_kill "$stale"
    rm -rf "$stale"
  done
  mkdir -p "$dir/root"
  vm_build_root
  ssh-keygen -q -t ed25519 -N '' -C virtune-lab -f "$dir/id_ed25519"
  ssh-keygen -q -t ed25519 -N '' -C vm01 -f "$dir/ssh_host_ed25519_key"
  tar -C "$dir/root" --numeric-owner --xattrs -xf "$root_tar" --use-compress-program='zstd -d'
  vm_configure_root "$dir/root" "$dir"
  cp -L "$dir"/root/boot/vmlinuz-* "$dir/vmlinuz"
  cp -L "$dir"/root/boot/initrd.img-* "$dir/initrd.img"
  mkfs.ext4 -q -F -O ^has_journal -d "$dir/root" "$dir/base.raw" 3G >/dev/null
  rm -rf "$dir/root"
  say "vm: disk after $(seconds_since "$started") s; booting it once"

  vm_overlay "$dir" "$dir/base.raw" raw
  mkfifo "$dir/monitor.in" "$dir/monitor.out"
  cat "$dir/monitor.out" >"$dir/monitor.log" 8>&- 9>&- &
  vm_launch "$dir" -chardev pipe,id=monitor,path=monitor -mon chardev=monitor,mode=readline
  vm_known_hosts "$dir" "$port"
  if ! vm_wait "$dir" "$port" $VM_BOOT_SECONDS || ! vm_provision "$dir" "$port"; then
    vm_show_console "$dir"
    vm_kill "$dir"
    rm -rf "$dir"
    die 'the virtual machine did not come up'
  fi
  vm_save "$dir"
  rm -f "$dir"/{monitor.*,pid,known_hosts,console.log,qemu.log}
  rm -rf "$image"
  mv "$dir" "$image"
  (cd "$image" && qemu-img rebase -u -b base.raw -F raw warm.qcow2)         # it has moved
  say "vm: image of $(du -sh "$image" | cut -f1) after $(seconds_since "$started") s"
}

vm_overlay() { # DIRECTORY BACKING_FILE FORMAT
  rm -f "$1/disk.qcow2"
  qemu-img create -q -f qcow2 -b "$2" -F "$3" "$1/disk.qcow2"
}

vm_provision() { # DIRECTORY PORT
  local started; started=$(now_ms)
  vm_ssh "$1" "$2" 'timeout 200 bash /run/lab/bin/provision.sh || { echo "provision.sh: status $?" >&2; exit 1; }
    timeout 300 bash /run/lab/bin/guest.sh web-01 --seed 65281 --nics 2 -- web-02 --seed 65282 --nics 2' \
    </dev/null >/dev/null || return 1
  say "vm: provisioned after $(seconds_since "$started") s"
}

# Keeps the memory of the machine beside its disk. The machine ends, so that the two stay of one moment.
vm_save() { # DIRECTORY
  local started end pid; started=$(now_ms)
  end=$((SECONDS + 180))
  read -r pid <"$1/pid"
  vm_ssh "$1" "$port" 'sync' </dev/null
  ssh -F none -o "ControlPath=\"${1//%/%%}/ssh\"" -O exit root@127.0.0.1 2>/dev/null || :
  printf '%s\n' 'migrate_set_parameter max-bandwidth 100G' 'migrate "exec:zstd -q -1 -T0 -f -o memory.zst"' quit \
    >"$1/monitor.in"
  while [[ -d /proc/$pid ]]; do
    ((SECONDS < end)) || { cat "$1/monitor.log" >&2; vm_kill "$1"; die 'the memory could not be saved'; }
    sleep 0.1
  done
  [[ -s $1/memory.zst ]] && zstd -q -t "$1/memory.zst" || { cat "$1/monitor.log" >&2; die 'the memory was not saved'; }
  mv "$1/disk.qcow2" "$1/warm.qcow2"
  say "vm: memory saved after $(seconds_since "$started") s"
}
