import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bandwidth, bridgeNic, guest, LAB, lab, type Played, play, run, write } from '../lab.ts';

/** A host with logins of every kind of right, for the tests of becoming root and of the page about privileges. */

export const HOST = 'hv03';
export const MAC = '52:54:00:be:c0:01';
const DOCS = resolve(import.meta.dirname, '../../../docs');

/** Of the login `pw`; nothing may ever show it. */
export const PASSWORD = "Tr0ub4dor&'3 {x}";

export const onHost = (script: string, input = '') => lab(['exec', HOST, 'bash', '-ec', script], input);

/** Packages, logins and a VM. @returns its UUID */
export async function prepareHost(): Promise<string> {
  const tools = await run('sh', [
    '-c',
    'command -v sudo && command -v doas && test -x /usr/lib/polkit-1/polkitd',
  ]);
  if (tools.code !== 0) await lab(['install', '--become']);
  await onHost(
    `
    mkdir -p /run/home
    for u in virtune pw nobody2; do useradd -M -d /run/home/$u -s /bin/bash -p '*' $u; install -d -o $u /run/home/$u; done
    chpasswd -c SHA256`,
    `pw:${PASSWORD}\n`,
  );
  return guest(HOST, 'become', '--nic', bridgeNic(MAC));
}

/** Runs a script on the host, then the body, then another script whatever comes of it. */
export async function during<T>(before: string, after: string, body: () => Promise<T>): Promise<T> {
  await onHost(before);
  try {
    return await body();
  } finally {
    await onHost(after);
  }
}

/** Puts a file of rules in place, or takes it away. */
export const sudoers = (text: string) =>
  onHost('rm -f /etc/sudoers.d/t; cat >/etc/sudoers.d/virtune; chmod 440 /etc/sudoers.d/virtune', text);

export const doasConf = (text: string) => onHost('cat >/etc/doas.conf; chmod 600 /etc/doas.conf', text);

/** Restarts libvirtd with other settings (the first of a name counts, so they go before the lab's). */
export const libvirtd = (settings: string) =>
  onHost(
    `f=/etc/libvirt/libvirtd.conf
     [ -e $f.lab ] || cp $f $f.lab
     cat >$f
     for n in $(sed -n 's/ *=.*//p' $f); do sed "/^$n /d" -i $f.lab.tmp 2>/dev/null || sed "/^$n /d" $f.lab >$f.lab.tmp; done
     [ -e $f.lab.tmp ] || cp $f.lab $f.lab.tmp
     cat $f.lab.tmp >>$f; rm $f.lab.tmp
     p=$(cat /run/libvirtd.pid); kill $p; while [ -e /proc/$p ]; do sleep 0.05; done
     libvirtd -d
     for i in $(seq 200); do virsh -q -c qemu:///system uri >/dev/null 2>&1 && exit; sleep 0.05; done; exit 1`,
    settings,
  );

/** The lines of docs/privileges.md that are marked as to be tried, or a file beside it. */
export function fromDocs(name: string): string {
  const page = readFileSync(join(DOCS, 'privileges.md'), 'utf8');
  const found = new RegExp(`<!-- try: ${name} -->\n\`\`\`\\w*\n(.*?)\`\`\``, 's').exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/privileges.md has no lines "${name}" to try`);
  return found;
}

export const docsFile = (name: string) => readFileSync(join(DOCS, name), 'utf8');

/** A new key, which the host takes with a line of docs/privileges.md. @returns its file */
export function keyWith(line: string): string {
  const key = join(mkdtempSync(join(tmpdir(), 'virtune-key-')), 'id_ed25519');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const entry = line.replace('KEY', readFileSync(`${key}.pub`, 'utf8').trim());
  appendFileSync(join(LAB, 'hosts', HOST, 'authorized_keys'), entry);
  return key;
}

let rate = 100;

/** Writes a play with a limit that the VM does not have yet, for a login with these variables. */
export function newPlay(
  vars: object,
  keywords: object = {},
): ReturnType<typeof write> & { readonly rate: number } {
  const inventory = { all: { hosts: { [HOST]: vars } } };
  const rules = { rules: [{ domain: 'become', inbound: ++rate }] };
  return { ...write(rules, { hosts: HOST, inventory, play: keywords }), rate };
}

export interface Outcome {
  readonly code: number | null;
  readonly status: string | undefined;
  readonly errorCode: string | undefined;
  readonly error: string | undefined;
  /** Of the VM's only NIC; undefined where the host could not be read. */
  readonly nic: string | undefined;
  readonly message: string | undefined;
  /** The limit is in force, by libvirt's own words. */
  readonly written: boolean;
  readonly played: Played;
}

/** Runs a play that sets a limit, and looks whether it is there. */
export async function tryAs(vars: object, uuid: string, ...args: string[]): Promise<Outcome> {
  const written = newPlay(vars);
  const played = await play(written, ...args);
  const host = played.report.hosts[0];
  return {
    code: played.code,
    status: host?.status,
    errorCode: host?.errorCode,
    error: host?.error,
    nic: played.nics[0]?.status,
    message: played.nics[0]?.reason,
    written: (await bandwidth(HOST, uuid))[0] === `<inbound average='${written.rate}'/>`,
    played,
  };
}
