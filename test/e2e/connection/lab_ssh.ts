import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshAsker } from '../../../src/connection/config/ask_ssh.ts';
import { askWithJumps } from '../../../src/connection/config/jumps.ts';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { connectionTarget, sshQuestion } from '../../../src/connection/target/target.ts';
import { LAB, lab } from '../lab.ts';

/** How the hosts of the lab are reached with an ssh_config of the test's own. */

export const address = (host: string): string => {
  const found = new RegExp(`${host}:\\s+ansible_host: (\\S+)`).exec(
    readFileSync(join(LAB, 'inventory.yml'), 'utf8'),
  );
  if (!found) throw new Error(`the lab has no ${host}`);
  return found[1] as string;
};

/** Resolves a host with an ssh_config that knows the lab's hosts, and `text` before that. */
export async function labTarget(
  host: string,
  text = '',
  vars: Record<string, unknown> = {},
): Promise<ConnectionTarget> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-jump-'));
  const hosts = ['hv01', 'hv02', 'hv03']
    .map((name) => `Host ${name}\n  HostName ${address(name)}`)
    .join('\n');
  const all = `Host *
  User root
  IdentityFile ${join(LAB, 'id_ed25519')}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(LAB, 'known_hosts')}`;
  writeFileSync(join(dir, 'config'), [text, hosts, all].join('\n'));
  const asker = sshAsker();
  const options = { localUser: 'me', home: dir, sshConfigs: asker.configs };
  const variables = { ansible_ssh_common_args: `-F ${join(dir, 'config')}`, ...vars };
  const question = sshQuestion(host, variables, options);
  if (question !== null) await askWithJumps(asker, [question]);
  const { target, diagnostics } = connectionTarget(host, variables, options);
  if (target === null) throw new Error(JSON.stringify(diagnostics));
  return target;
}

/** What the sshd of a lab host has logged so far. */
export const sshdLog = (host: string): string =>
  readFileSync(join(LAB, 'hosts', host, 'log', 'sshd.log'), 'utf8');

/** How often something is in a log since it had this length. */
export function countSince(host: string, before: number, what: RegExp): number {
  return [...sshdLog(host).slice(before).matchAll(new RegExp(what, 'g'))].length;
}

/** Ahead of all others in sshd's configuration, or away again. */
export async function sshdSetting(host: string, line: string, on: boolean): Promise<void> {
  const [name] = line.split(' ');
  // Of MaxStartups the last one wins, unlike all others.
  const edit = on ? `s/^${name} .*/#was &/; 1i${line} #test` : `/#test$/d; s/^#was //`;
  await lab(['exec', host, 'sed', '-i', edit, '/etc/ssh/sshd_config']);
  await lab(['exec', host, 'sh', '-c', 'kill -HUP $(cat /run/sshd.pid)']);
  // Until it listens again; and until no test before has a login left there.
  await new Promise((done) => setTimeout(done, 1_500));
}
