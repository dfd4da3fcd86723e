import { describe, expect, it } from 'vitest';
import { hostsLeft } from '../../../src/cli/resume.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { endOf } from '../../../src/record/end.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { head, stateDir } from '../record/build.ts';

const host = (name: string, status: HostResult['status']) =>
  ({ name, status, resources: [] }) as unknown as HostResult;

async function recorded(
  state: string,
  hosts: readonly HostResult[] | null,
  over: object = {},
): Promise<string> {
  const first = head(1, over);
  const record = await openRecord(state, first);
  if (hosts !== null) await record.end(endOf(hosts, 3));
  await record.close();
  return first.run;
}

describe('--resume', () => {
  const { playbooks } = head(1);

  it('goes on with what was skipped, failed, refused or unreachable', async () => {
    const state = stateDir();
    const statuses = ['ok', 'changed', 'skipped', 'failed', 'unreachable', 'refused'] as const;
    const run = await recorded(
      state,
      statuses.map((status) => host(`is-${status}`, status)),
    );
    for (const word of ['last', run])
      expect(await hostsLeft({ stateDir: state }, word, playbooks)).toEqual([
        'is-skipped',
        'is-failed',
        'is-unreachable',
        'is-refused',
      ]);
  });

  it.each<
    [
      what: string,
      hosts: readonly HostResult[] | null,
      over: object,
      playbooks: readonly string[],
      error: RegExp,
    ]
  >([
    ['of which nothing is left', [host('a', 'ok')], {}, playbooks, /has left no host/],
    ['that has no end', null, { process: undefined }, playbooks, /goes on|has no end/],
    [
      'of other playbooks',
      [host('a', 'failed')],
      { playbooks: ['other.yml'] },
      playbooks,
      /was of other playbooks: other.yml/,
    ],
    ['that was no run', [host('a', 'failed')], { what: 'set' }, playbooks, /is no run of playbooks, but set/],
  ])('refuses a run %s', async (_, hosts, over, given, error) => {
    const state = stateDir();
    await recorded(state, hosts, over);
    await expect(hostsLeft({ stateDir: state }, 'last', given)).rejects.toThrow(error);
  });

  it('refuses a run that nobody knows', async () => {
    const state = stateDir();
    await recorded(state, [host('a', 'failed')]);
    await expect(hostsLeft({ stateDir: state }, 'nope', playbooks)).rejects.toThrow(/no run "nope"/);
  });
});
