import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bridgeNic, guest, LAB, MAIN, removeGuests, run } from './lab.ts';
import { readTour, type Shown, settled, withOutputs } from './readme/tour.ts';

/**
 * The tour of the README, command by command, as a new user would type it; VIRTUNE_UPDATE_DOCS=1 writes what the
 * commands print into the page.
 */

const README = resolve(import.meta.dirname, '../../README.md');
const HOSTS = ['hv01', 'hv02'];
const LIMITS = `<bandwidth><inbound average='12500' peak='12500' burst='12500'/><outbound average='12500' peak='12500' burst='12500'/></bandwidth>`;

const uuid = (number: number) => `5d4c1c6e-0000-4000-8000-00000000000${number}`;
const nic = (number: number, inner = '') => ['--nic', bridgeNic(`52:54:00:00:00:0${number}`, inner)];

let dir: string;

beforeAll(async () => {
  if (LAB === '') return;
  for (const host of ['hv01', 'hv02', 'hv03']) await removeGuests(host, '');
  await guest('hv01', 'web-1', '--uuid', uuid(1), ...nic(1, LIMITS));
  await guest('hv01', 'web-2', '--uuid', uuid(2), ...nic(2));
  await guest('hv02', 'web-3', '--uuid', uuid(3), ...nic(3));
  await guest('hv02', 'db-1', '--uuid', uuid(4), ...nic(4), ...nic(5));
  dir = mkdtempSync(join(tmpdir(), 'virtune-tour-'));
  // How the hosts of a lab are reached belongs to no tour.
  const lab = parse(readFileSync(join(LAB, 'inventory.yml'), 'utf8')).all.children.compute;
  put('inventory/group_vars/all.yml', JSON.stringify(lab.vars));
  for (const host of HOSTS) put(`inventory/host_vars/${host}.yml`, JSON.stringify(lab.hosts[host]));
  put('bin/virtune', `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, 0o755);
}, 300_000);

afterAll(async () => {
  if (LAB !== '') for (const host of HOSTS) await removeGuests(host, '');
});

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text, { mode });
}

async function typed(command: string): Promise<Shown> {
  const { stdout } = await run('bash', ['-c', `cd ${dir} && { ${command}; } 2>&1`], {
    NO_COLOR: '1',
    COLUMNS: '100',
    PATH: `${dir}/bin:${process.env.PATH}`,
  });
  return { command, output: settled(stdout.replaceAll(`${dir}/`, '')) };
}

describe.skipIf(LAB === '')('the tour of the README', { concurrent: false }, () => {
  it('shows what the commands print', async () => {
    const page = readFileSync(README, 'utf8');
    const sessions: Shown[][] = [];
    for (const step of readTour(page)) {
      if (step.what === 'file') put(step.path, step.text);
      else {
        const shown: Shown[] = [];
        for (const { command } of step.commands) shown.push(await typed(command));
        sessions.push(shown);
      }
    }
    const updated = withOutputs(page, sessions);
    if (process.env.VIRTUNE_UPDATE_DOCS) writeFileSync(README, updated);
    expect(sessions.length).toBeGreaterThan(5);
    expect(page).toBe(updated);
  });
});
