import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Played, ReportedHost } from '../lab.ts';

/** What the tests of hosts in trouble share. */

let serial = 0;

/** A limit that no NIC of this file has yet. */
export const newRate = () => 20_000 + ++serial;
/** The one that was given last. */
export const lastRate = () => 20_000 + serial;

export const scratch = (name: string, content: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-trouble-')), name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
};

export const newKey = (name = 'id_ed25519'): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-trouble-')), name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return file;
};

export const hostOf = (played: Played, name: string): ReportedHost => {
  const found = played.report.hosts.find((host) => host.name === name);
  if (found === undefined) throw new Error(`the report lacks ${name}`);
  return found;
};

export const half = (text: string) => text.slice(0, text.length / 2);
