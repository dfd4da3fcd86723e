import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quiet, type State, stateOf } from '../faults/truth.ts';
import { bridgeNic, guest, LAB, lab, removeGuests } from '../lab.ts';
import { type Event, type Shape, SIDES, type Side } from './scenario.ts';
import type { Limit, Nic, World, Write } from './world.ts';

/** Real hypervisors. What is written to them is told by libvirtd's own log of its API. */

const HOSTS = ['hv01', 'hv02', 'hv03'];
const VMS = 2;
const NICS = 2;
const FIRST = "<bandwidth><inbound average='77'/></bandwidth>";

const LOG = '/run/lab/log/api.log';
const START_LIBVIRTD =
  'LC_ALL=C libvirtd -d </dev/null >/dev/null 2>&1; until virsh -q -r list >/dev/null 2>&1; do sleep 0.1; done';

/** What a restart of the daemon is told to log besides. */
const LOGGED = `
  grep -q ${LOG} /etc/libvirt/libvirtd.conf || {
    cp /etc/libvirt/libvirtd.conf /run/lab/libvirtd.conf
    sed -i 's,^log_outputs = "\\(.*\\)",log_outputs = "\\1 1:file:${LOG}",' /etc/libvirt/libvirtd.conf
    echo 'log_filters = "1:libvirt.domain 3:util 3:qemu 3:rpc"' >>/etc/libvirt/libvirtd.conf
    kill -9 $(cat /run/libvirtd.pid); ${START_LIBVIRTD}
  }`;
const NOT_LOGGED = `
  cp /run/lab/libvirtd.conf /etc/libvirt/libvirtd.conf
  kill -9 $(cat /run/libvirtd.pid); ${START_LIBVIRTD}`;

/** They end by themselves. */
const WATCHDOGS = '/run/virtune-* /dev/shm/virtune-*';

/** $0 is a VM, $1 another host's address, $2 a word where it is to lose its limits; the key is on standard input. */
const MIGRATE = `
  umask 077; cat >/run/lab/key
  strip() { if [ -n "$1" ]; then sed '/<bandwidth>/,/<.bandwidth>/d'; else cat; fi; }
  virsh dumpxml --inactive $0 | strip "$2" >/run/lab/config.xml
  virsh dumpxml --migratable $0 | strip "$2" >/run/lab/live.xml
  virsh -q migrate --live --p2p --persistent --undefinesource --unsafe $0 \
    "qemu+ssh://root@$1/system?keyfile=/run/lab/key&no_verify=1" --migrateuri tcp://$1 \
    --xml /run/lab/live.xml --persistent-xml /run/lab/config.xml`;

const REBUILD = `
  virsh dumpxml --inactive $0 | sed '/<bandwidth>/,/<.bandwidth>/d' >/run/lab/rebuilt-$0.xml
  virsh -q destroy $0; virsh -q undefine --managed-save $0
  virsh -q define /run/lab/rebuilt-$0.xml; virsh -q start --paused $0`;

export async function labWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-chaos-'));
  const key = readFileSync(join(LAB, 'id_ed25519'), 'utf8');
  const inventory = readFileSync(join(LAB, 'inventory.yml'), 'utf8');
  const addressOf = (host: string) =>
    new RegExp(`${host}:\\s+ansible_host: (\\S+)`).exec(inventory)?.[1] ?? '';
  const names = HOSTS.flatMap((_, host) =>
    Array.from({ length: VMS }, (_, vm) => `chaos-${host + 1}-${vm + 1}`),
  );
  const shape: Shape = { vms: names, hosts: HOSTS.length, nics: NICS, second: 1000 };
  const uuidOf = (vm: string) => `c4a05000-0000-4000-8000-${vm.replaceAll(/\D/g, '').padStart(12, '0')}`;
  const macOf = (vm: string, nic: number) => {
    const [, host = '', number = ''] = vm.split('-');
    return `52:54:00:ca:0${host}:${number}${nic}`;
  };
  const owner = new Map(
    names.flatMap((vm) => Array.from({ length: NICS }, (_, nic) => [macOf(vm, nic), uuidOf(vm)] as const)),
  );
  const pending = new Set<Promise<unknown>>();
  let over = false;

  /** What chaos does may find nothing to do, or a daemon that is away. */
  const tried = (host: string, script: string, args: readonly string[] = [], input = ''): Promise<unknown> =>
    lab(['exec', host, 'timeout', '60', 'bash', '-c', script, ...args], input).catch(() => {});
  const later = (act: () => Promise<unknown>): void => {
    const done = act();
    pending.add(done);
    void done.finally(() => pending.delete(done));
  };
  const all = (act: (host: string, index: number) => Promise<unknown>) => Promise.all(HOSTS.map(act));
  const hostOf = async (vm: string): Promise<string | undefined> => {
    const found = await Promise.all(
      HOSTS.map((host) =>
        lab(['exec', host, 'virsh', '-r', 'domstate', uuidOf(vm)]).then(
          () => host,
          () => undefined,
        ),
      ),
    );
    return found.find((host) => host !== undefined);
  };
  const restart = (host: string, downMs: number) =>
    tried(host, `kill -9 $(cat /run/libvirtd.pid); sleep ${downMs / 1000}; ${START_LIBVIRTD}`);

  const world: World = {
    shape,
    hosts: HOSTS,
    inventory: ['-i', join(LAB, 'inventory.yml')],
    dir,
    begin: async () => {
      over = false;
      await all(async (host, index) => {
        await lab(['exec', host, 'bash', '-c', LOGGED]);
        await removeGuests(host, 'chaos-');
        for (let vm = 0; vm < VMS; vm++) {
          const name = names[index * VMS + vm]!;
          const nics = Array.from({ length: NICS }, (_, nic) =>
            bridgeNic(macOf(name, nic), vm === 1 ? FIRST : ''),
          );
          await guest(host, name, '--uuid', uuidOf(name), ...nics.flatMap((xml) => ['--nic', xml]));
        }
        await lab(['exec', host, 'truncate', '-s', '0', LOG]);
      });
      return world.look();
    },
    act: async (event) => {
      later(() => act(event));
    },
    heal: async () => {
      over = true;
      while (pending.size > 0) await Promise.all(pending);
      await all((host) =>
        lab([
          'exec',
          host,
          'bash',
          '-c',
          `virsh -q -r list >/dev/null 2>&1 || { ${START_LIBVIRTD}; }
          for id in $(virsh -q list --inactive --uuid | grep ^c4a05000-); do virsh -q start --paused $id; done >/dev/null; true`,
        ]),
      );
    },
    look: async () => {
      const states = await Promise.all(HOSTS.map(async (host) => [host, await stateOf(host)] as const));
      // Other tests may have left VMs of theirs.
      return states.flatMap(([host, state]) =>
        [...state.config.keys()].filter((mac) => owner.has(mac)).map((mac) => nicOf(host, mac, state)),
      );
    },
    writes: async () => {
      const logs = await Promise.all(
        HOSTS.map(async (host) => [host, await lab(['exec', host, 'cat', LOG])] as const),
      );
      return logs.flatMap(([host, log]) => writesIn(host, log));
    },
    written: null,
    leftOver: async () => {
      const left = await Promise.all(
        HOSTS.map(async (host) => {
          const lock = await lab([
            'exec',
            host,
            'sh',
            '-c',
            `i=0; while [ -n "$(ls -d ${WATCHDOGS} 2>/dev/null)" ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done
            ls -d ${WATCHDOGS} 2>/dev/null; flock -n /run/libvirt true || echo its lock is held`,
          ]);
          const processes = await quiet(host).then(() => '', String);
          return [processes, lock].filter((text) => text !== '').map((text) => `${host}: ${text}`);
        }),
      );
      return left.flat();
    },
    close: async () => {
      await Promise.all(pending);
      await all(async (host) => {
        await removeGuests(host, 'chaos-');
        await lab(['exec', host, 'bash', '-c', NOT_LOGGED]);
      });
      rmSync(dir, { recursive: true });
    },
  };

  function nicOf(host: string, mac: string, { live, config }: State): Nic {
    const limit = (nics: State['live']): Limit | undefined => {
      const shown = nics.get(mac);
      return shown && (Number(shown.inbound.split(',')[0]) || null);
    };
    return {
      host,
      vm: names.find((name) => uuidOf(name) === owner.get(mac)) ?? '',
      uuid: owner.get(mac) ?? '',
      mac,
      limits: { live: limit(live), config: limit(config) },
    };
  }

  async function act(event: Exclude<Event, { readonly kind: 'fill' | 'watch' }>): Promise<unknown> {
    if (event.kind === 'libvirtd') {
      // Somewhere within what is being written, if anything is.
      await sleep(event.during * 100);
      return restart(HOSTS[event.host]!, event.downMs);
    }
    if (event.kind === 'cut' || event.kind === 'mute') {
      for (let times = 0; times <= event.times && !over; times++) {
        await tried(HOSTS[event.host]!, "pkill -9 -f '^sshd(-session)?: [^/]'");
        await sleep(100);
      }
      return;
    }
    const host = await hostOf(event.vm);
    if (host === undefined) return;
    const uuid = uuidOf(event.vm);
    const on = (script: string, ...args: string[]) => tried(host, script, [uuid, ...args]);
    switch (event.kind) {
      case 'stop':
        return on('virsh -q destroy $0');
      case 'reboot':
        return on('virsh -q destroy $0; virsh -q start --paused $0');
      case 'rebuild':
        return on(REBUILD);
      case 'save':
        return on('virsh -q managedsave $0; virsh -q start --paused $0');
      case 'hand':
        return on(
          'virsh -q domiftune $0 $1 --$2 --inbound $3',
          macOf(event.vm, event.nic),
          event.side,
          String(event.rate),
        );
      case 'migrate': {
        const to = HOSTS[event.to]!;
        if (to === host) return;
        return tried(host, MIGRATE, [uuid, addressOf(to), event.bare ? 'bare' : ''], key);
      }
    }
  }

  return world;
}

/** `… virDomainSetInterfaceParameters:6042 : …, uuid=UUID), device=MAC, …, flags=0x3`, then its values by that thread. */
const CALL = /^\S+ \S+ (\d+): debug : virDomainSetInterfaceParameters:\d+ : (.*)$/;

function writesIn(host: string, log: string): readonly Write[] {
  const calls = new Map<
    string,
    { readonly uuid: string; readonly mac: string; readonly sides: readonly Side[] }
  >();
  return log.split('\n').flatMap((line): readonly Write[] => {
    const [, thread = '', text = ''] = CALL.exec(line) ?? [];
    const [, uuid, mac, flags] = /uuid=([0-9a-f-]{36})\), device=(\S+), .*flags=0x(\d+)/.exec(text) ?? [];
    if (uuid !== undefined && mac !== undefined)
      calls.set(thread, { uuid, mac, sides: SIDES.filter((_, bit) => (Number(flags) & (1 << bit)) !== 0) });
    const value = /^params\["inbound\.average"\]=\(uint\)(\d+)/.exec(text)?.[1];
    const call = calls.get(thread);
    if (value === undefined || call === undefined) return [];
    return call.sides.map((side) => ({
      host,
      uuid: call.uuid,
      mac: call.mac,
      side,
      limit: Number(value) || null,
    }));
  });
}
