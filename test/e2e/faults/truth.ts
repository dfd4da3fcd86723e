import { setTimeout as sleep } from 'node:timers/promises';
import { lab } from '../lab.ts';

/** What hosts have, asked of them without virtune. */

/** Limits of one NIC as libvirt writes them: `average,peak,burst` by direction, '' for none. */
export interface Shown {
  readonly inbound: string;
  readonly outbound: string;
}

/** By the MAC of a NIC; where others have it too, the second is `MAC#2`. */
export interface State {
  readonly live: ReadonlyMap<string, Shown>;
  readonly config: ReadonlyMap<string, Shown>;
}

const UUIDS = "virsh -q list --all --uuid | sed -n 's/^[0-9a-f-]\\{36\\}$/PRINT &;/p' | tr '\\n' ' '";

/** All NICs of all VMs of a host. */
export async function stateOf(host: string): Promise<State> {
  // Without a command, where the host has no VM, virsh fails.
  const dump = (flags: string) => `virsh -q "echo;$(${UUIDS.replace('PRINT', `dumpxml ${flags}`)})"`;
  const script = `${dump('')}; echo ======; ${dump('--inactive')}`;
  const [live = '', config = ''] = (await lab(['exec', host, 'bash', '-ec', script])).split('======\n');
  return { live: nicsIn(live), config: nicsIn(config) };
}

function nicsIn(xml: string): Map<string, Shown> {
  const nics = new Map<string, Shown>();
  // At this depth and with these quotes libvirt writes its own, and what stands in metadata otherwise.
  for (const [text] of xml.matchAll(/^ {4}<interface type='.*?^ {4}<\/interface>/gms)) {
    const mac = /<mac address='([^']+)'/.exec(text)?.[1];
    if (mac === undefined) throw new Error(`a NIC without a MAC: ${text}`);
    let key = mac;
    for (let n = 2; nics.has(key); n++) key = `${mac}#${n}`;
    nics.set(key, { inbound: rateIn(text, 'inbound'), outbound: rateIn(text, 'outbound') });
  }
  return nics;
}

function rateIn(xml: string, direction: string): string {
  const attributes = new RegExp(`<${direction} ([^>]*?)/?>`).exec(xml)?.[1];
  if (attributes === undefined) return '';
  const value = (name: string) => new RegExp(`${name}='(\\d+)'`).exec(attributes)?.[1] ?? '0';
  return [value('average'), value('peak'), value('burst')].join(',');
}

/**
 * Waits until nothing of virtune runs on a host any more: no virsh, no program of it, no session of sshd.
 * @throws Error with what is left, if that does not end
 */
export async function quiet(host: string): Promise<void> {
  // Sessions of others (this test's own shell is not one of sshd) would be awaited too: there are none.
  const script =
    "ps -eo args | grep -E '^(virsh|/bin/sh -c LC_ALL|sshd: |sed -n -E)' | grep -v 'sshd: /' || true";
  let left = '';
  for (let tries = 0; tries < 200; tries++) {
    left = await lab(['exec', host, 'bash', '-c', script]);
    if (left === '') return;
    await sleep(200);
  }
  throw new Error(`processes are left on ${host}:\n${left}`);
}
