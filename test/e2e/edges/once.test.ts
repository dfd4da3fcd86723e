import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAB, play, run, write } from '../lab.ts';

describe.skipIf(LAB === '')('a trouble that many hosts share', () => {
  it('unknown host keys: one command for all, which works on a fresh account', async () => {
    const home = mkdtempSync(join(tmpdir(), 'virtune-fresh-'));
    const file = join(home, '.ssh', 'known_hosts');
    const written = write({ rules: [{ domain: '*', inbound: 1000 }] }, { hosts: 'hv01:hv02:hv03' });
    const known = ['--check', '-e', `virtune_known_hosts_file=${file}`];
    const first = await play(written, ...known);
    expect([first.code, first.report.hosts.map((host) => host.errorCode)]).toEqual([
      4,
      Array(3).fill('host_key_unknown'),
    ]);
    // In the report each host has all that it needs.
    for (const host of first.report.hosts)
      expect(host.error).toContain(`ssh-keyscan -t ed25519 ${host.address} `);
    const commands = first.stdout.split('\n').filter((line) => line.includes('ssh-keyscan'));
    expect(commands).toHaveLength(1);
    expect(first.stdout).toMatch(/^hv01, hv02, hv03: compare each fingerprint/m);
    const made = await run('sh', ['-c', commands[0] ?? '']);
    expect(made.code).toBe(0);
    const second = await play(written, ...known);
    expect(second.report.hosts.map((host) => host.errorCode)).toEqual(Array(3).fill(undefined));
  });
});
