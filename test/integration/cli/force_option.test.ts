import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { typed } from './typed.ts';

/** What stands in the way of a file that a command is to write. */

let fleet: SimFleet;
let dir = '';
let inventory = '';
let out = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-force-'));
  fleet = await startSimFleet(demoFleet());
  ({ inventory } = await writeFleetFiles(fleet, dir));
  out = join(dir, 'out');
  writeFileSync(
    join(dir, 'play.yml'),
    '- hosts: all\n  tasks:\n    - nic_limits: { rules: [{ domain: "web-0*", rate: 10 Mbit/s }] }\n',
  );
});
beforeEach(() => rmSync(out, { force: true }));
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const connections = () => fleet.hosts.map(({ counts }) => counts.connections).join();

const scan = (...more: string[]) => typed('scan', '-i', inventory, '-o', out, ...more);
const plan = (...more: string[]) => typed('plan', join(dir, 'play.yml'), '-i', inventory, '-o', out, ...more);

describe.each([
  ['scan', scan, 0, 'OUT exists'],
  ['plan', plan, 2, 'OUT exists, and is no saved plan'],
])('%s -o of a file that is there', (_name, command, ends, why) => {
  it('contacts no host and leaves it, unless --force is given', async () => {
    writeFileSync(out, 'nic_limits: []\n');
    const before = connections();
    const { status, said } = await command();
    expect([status, said.replaceAll(out, 'OUT')]).toEqual([
      1,
      `${why} (name another file with -o, or replace this one with --force)`,
    ]);
    expect([connections(), readFileSync(out, 'utf8')]).toEqual([before, 'nic_limits: []\n']);
    expect((await command('--force')).status).toBe(ends);
    expect(readFileSync(out, 'utf8')).not.toContain('nic_limits: []');
  });

  it('takes one without a byte, as mktemp makes it', async () => {
    writeFileSync(out, '');
    expect((await command()).status).toBe(ends);
    expect(readFileSync(out, 'utf8')).not.toBe('');
  });
});

it('scan leaves its own rules, which somebody may have changed, and may be the only way back', async () => {
  await scan();
  const text = readFileSync(out, 'utf8');
  expect((await scan()).status).toBe(1);
  expect(readFileSync(out, 'utf8')).toBe(text);
});

it('plan makes a saved plan anew', async () => {
  await plan();
  const text = readFileSync(out, 'utf8');
  expect((await plan()).status).toBe(2);
  expect(readFileSync(out, 'utf8')).not.toBe(text);
});
