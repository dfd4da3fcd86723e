import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { Head } from '../../../src/record/entry.ts';
import { openRecord } from '../../../src/record/recorder.ts';

export const UUID = '11111111-2222-4333-8444-555555555555';

/** A folder that is gone after the test. */
export function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-record-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The run that began at a second of a day. */
export function head(second: number, more: Partial<Head> = {}): Head {
  const at = new Date(Date.UTC(2026, 10, 26, 0, 0, second)).toISOString();
  const run = `${at.replaceAll(/[-:.]/g, '')}-${second.toString(16).padStart(8, '0')}`;
  return {
    run,
    at,
    what: 'run',
    command: 'virtune run p.yml',
    playbooks: ['p.yml'],
    inventory: ['i.yml'],
    folder: '/etc/virtune',
    who: { user: 'alice', uid: 1000, host: 'elsewhere' },
    ...more,
  };
}

/** A NIC that is to get another average. */
export function change(from: number | null, to: number | null, more: Partial<Change> = {}): Change {
  return {
    module: 'nic_limits',
    play: 'p',
    task: 't',
    host: 'hv1',
    domain: { uuid: UUID, name: 'web', state: 'running', persistent: true },
    subject: { kind: 'nic', key: '52:54:00:00:00:01', label: 'nic 1' },
    settings: [
      { name: 'inbound.average', unit: 'kB/s', desired: { live: to, config: to }, live: from, config: from },
    ],
    rules: [{ name: 'web tier', file: 'rules.yml', line: 4 }],
    steps: [{ commands: [['domiftune', UUID, '52:54:00:00:00:01', '--inbound', String(to ?? 0)]] }],
    status: 'pending',
    after: null,
    ...more,
  };
}

/** The change as a run leaves it that has worked. */
export function done(one: Change): Change {
  const values = Object.fromEntries(one.settings.map(({ name, desired }) => [name, desired.live ?? null]));
  return { ...one, status: 'changed', after: { live: values, config: values } };
}

/** A whole run that makes changes, and its end unless it is cut off. */
export async function recorded(
  state: string,
  ofRun: Head,
  changes: readonly Change[],
  cut: 'whole' | 'before the result' | 'before the end' = 'whole',
): Promise<string> {
  const record = await openRecord(state, ofRun);
  if (changes.length > 0) await record.intend(changes);
  if (cut !== 'before the result') await record.conclude(changes.map(done));
  if (cut === 'whole')
    await record.end({ exitCode: 0, hosts: { ok: 1 }, subjects: { changed: changes.length } });
  await record.close();
  return ofRun.run;
}
