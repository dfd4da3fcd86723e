import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, readPlayed, run, type Simulated, simulate, write } from '../lab.ts';
import { lastRate, newRate } from './shared.ts';

describe('readers that go away', { concurrent: false }, () => {
  const piped = (reader: string) => `node "$@" | ${reader}; exit "\${PIPESTATUS[0]}"`;
  let sim: Simulated;
  beforeAll(async () => {
    sim = await simulate(Array.from({ length: 40 }, (_, index) => `host-${index}`));
  });
  afterAll(() => sim?.close());

  it.each([
    ['run … | head -1', 'head -1', /^PLAY test: 40 hosts$/],
    ['run … | true', 'true', /^$/],
  ])('%s: the run goes on, and its report is whole', async (_, reader, shown) => {
    const written = write(
      { rules: [{ domain: 'sim', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const file = join(written.dir, 'report.json');
    const ran = await run('bash', [
      '-c',
      piped(reader),
      'bash',
      MAIN,
      'run',
      written.playbook,
      ...written.inventory,
      '--diff',
      '--report',
      `json=${file}`,
    ]);
    expect([ran.stderr, ran.stdout.trim()]).toEqual(['', expect.stringMatching(shown)]);
    const played = readPlayed(ran, file);
    expect([played.code, played.report.summary.hosts.changed]).toEqual([0, 40]);
    expect(sim.limits('host-39')?.inbound?.average).toBe(lastRate());
  });

  it.each([
    ['show … | head -1', ['show']],
    ['show --report json | head -1', ['show', '--report', 'json']],
  ])('%s', async (_, args) => {
    const ran = await run('bash', ['-c', piped('head -1'), 'bash', MAIN, ...args, '-i', sim.inventory]);
    expect([ran.code, ran.stdout.split('\n').length]).toEqual([0, 2]);
    expect(ran.stderr).not.toContain('EPIPE');
  });
});
