import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bridgeNic, guest, LAB, removeGuests, type Written, write } from '../lab.ts';
import type { Shown } from './truth.ts';

/** Many hosts out of few: each alias of a lab host is a host of the inventory, with NICs of its own to look after. */
export interface Alias {
  readonly name: string;
  readonly labHost: string;
  /** MACs of its NICs: both directions of the first are declared, of the second what the VM sends. */
  readonly nics: readonly [string, string];
}

export const LAB_HOSTS = ['hv01', 'hv02', 'hv03'] as const;
const VMS = 10;
/** More of them would mostly wait for each other: each write to a VM makes the others look at it again. */
const ALIASES_OF_VM = 2;
const PREFIX = 'fault-';

/** What the NICs have that no rule names, and the directions that none names. */
const UNTOUCHED =
  "<bandwidth><inbound average='77' peak='99' burst='11'/><outbound average='33'/></bandwidth>";

/** Where to find the sshd of a lab host, and its key. */
export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

export function sshdOf(labHost: string): Sshd {
  const line = readFileSync(join(LAB, 'known_hosts'), 'utf8')
    .split('\n')
    .find((text) => text.split(' ')[0]?.split(',').includes(labHost));
  if (line === undefined) throw new Error(`the lab has no ${labHost}`);
  const [names = '', ...key] = line.split(' ');
  return { host: names.split(',')[0] as string, port: 22, key: key.join(' ') };
}

/** Starts the VMs on all hosts of the lab. Each has a NIC besides that nobody looks after. */
export async function startFleet(): Promise<Alias[]> {
  await removeFleet();
  const aliases = await Promise.all(LAB_HOSTS.map((labHost, index) => startVms(labHost, index + 1)));
  return aliases.flat();
}

async function startVms(labHost: string, index: number): Promise<Alias[]> {
  const aliases: Alias[] = [];
  for (let vm = 1; vm <= VMS; vm++) {
    const mac = (n: number) =>
      `52:54:00:f${index}:${String(vm).padStart(2, '0')}:${String(n).padStart(2, '0')}`;
    const owned = Array.from({ length: ALIASES_OF_VM }, (_, n): Alias => {
      const name = `${labHost}-${vm}-${n + 1}`;
      return { name, labHost, nics: [mac(2 * n + 1), mac(2 * n + 2)] };
    });
    const macs = [...owned.flatMap((alias) => alias.nics), mac(99)];
    await guest(labHost, `${PREFIX}${vm}`, ...macs.flatMap((each) => ['--nic', bridgeNic(each, UNTOUCHED)]));
    aliases.push(...owned);
  }
  return aliases;
}

export async function removeFleet(): Promise<void> {
  await Promise.all(LAB_HOSTS.map((host) => removeGuests(host, PREFIX)));
}

/** What one run declares for a NIC; a direction that is absent is left alone. */
export type Declared = Partial<Shown>;

/** Limits that no NIC had in any run before: what a host has then tells which run it is from. */
export function declare(aliases: readonly Alias[], run: number): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const [index, { nics }] of aliases.entries()) {
    const rate = 1000 + run * 100 + index;
    // Every fifth run takes limits away; the ones after it give them again.
    const inbound = (run + index) % 5 === 0 ? '' : `${rate},${2 * rate},${64 + run}`;
    declared.set(nics[0], { inbound, outbound: `${rate + 10_000},0,0` });
    declared.set(nics[1], { outbound: `${rate + 20_000},${rate + 40_000},${32 + run}` });
  }
  return declared;
}

/** Writes playbook and inventory of a run. @param vars of all hosts */
export function writeRun(
  aliases: readonly Alias[],
  ports: ReadonlyMap<string, number>,
  declared: ReadonlyMap<string, Declared>,
  vars: object,
): Written {
  const limits = (text: string) => {
    const [average, peak, burst] = text.split(',').map(Number);
    return text === '' ? 'unlimited' : { average, ...(peak ? { peak, burst } : {}) };
  };
  const rule = (mac: string) => ({
    domain: `${PREFIX}*`,
    nic: { mac },
    ...Object.fromEntries(Object.entries(declared.get(mac) ?? {}).map(([way, text]) => [way, limits(text)])),
  });
  const hosts = Object.fromEntries(
    aliases.map(({ name, nics }) => [name, { ansible_port: ports.get(name), limits: nics.map(rule) }]),
  );
  const written = write({ rules: '{{ limits }}' }, { hosts: 'all', lab: '', inventory: { all: { hosts } } });
  const known = aliases.map(({ name, labHost }) => `[127.0.0.1]:${ports.get(name)} ${sshdOf(labHost).key}\n`);
  writeFileSync(join(written.dir, 'known_hosts'), known.join(''));
  const common = {
    ansible_host: '127.0.0.1',
    ansible_user: 'root',
    ansible_ssh_private_key_file: join(LAB, 'id_ed25519'),
    virtune_known_hosts_file: join(written.dir, 'known_hosts'),
    // With it the lines can tell the phases of a connection apart.
    ansible_ssh_common_args: '-o Ciphers=aes128-gcm@openssh.com',
    ...vars,
  };
  writeFileSync(join(written.dir, 'more.yml'), JSON.stringify({ all: { hosts, vars: common } }));
  return written;
}
