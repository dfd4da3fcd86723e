import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SUBJECT_STATUSES, type SubjectStatus } from '../../../src/model/status.ts';
import { moduleNamed } from '../../../src/modules/index.ts';
import { fileOf } from '../../../src/record/folder.ts';
import { histories, historyOf, lastKnown, ofVm, type RunHistory } from '../../../src/record/history.ts';
import type { Wanted } from '../../../src/record/made.ts';
import { findRun } from '../../../src/record/read.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { listLines, runText, vmLines } from '../../../src/report/history_text.ts';
import { SUBJECT_LOOK } from '../../../src/report/style.ts';
import { historyJson } from '../../../src/reporters/history.ts';
import { misfits } from '../../schema_of.ts';
import { change, done, head, recorded, stateDir, UUID } from './build.ts';

/** What a record tells when it is asked. */

const LOOK = { paint: (_: unknown, text: string) => text, columns: 80, now: new Date(0) };

async function all(state: string, wanted?: Wanted): Promise<readonly RunHistory[]> {
  const found: RunHistory[] = [];
  for await (const one of histories(state, wanted)) found.push(one);
  return found;
}

describe('a run', () => {
  it('is found by the beginning of its name, or of the part behind the dash', async () => {
    const state = stateDir();
    const runs = [await recorded(state, head(1), []), await recorded(state, head(18), [])];
    expect(await findRun(state, 'last')).toBe(runs[1]);
    expect(await findRun(state, '20261126T000001')).toBe(runs[0]);
    expect(await findRun(state, '00000012')).toBe(runs[1]);
    for (const [word, text] of [
      ['2026', /"2026" may be 2 runs/],
      ['00000', /may be 2 runs/],
      ['', /no run ""/],
      ['../etc', /no run/],
    ] as const)
      await expect(findRun(state, word)).rejects.toThrow(text);
    await expect(findRun(stateDir(), 'last')).rejects.toThrow(/no run is recorded/);
  });

  it('that plans a change anew has one change: from what was before the first', async () => {
    const state = stateDir();
    const record = await openRecord(state, head(1));
    await record.intend([change(1, 5)]);
    await record.intend([change(3, 5)]);
    await record.conclude([done(change(1, 5))]);
    await record.intend([change(5, 9)]);
    await record.close();
    const { made } = await historyOf(state, head(1).run);
    expect(
      made.map(({ change: { settings, status }, isKnown }) => [settings[0]?.live, status, isKnown]),
    ).toEqual([
      [1, 'changed', true],
      [5, 'pending', false],
    ]);
  });
});

describe('the last known values', () => {
  it('are what the newest run read back, of each subject', async () => {
    const state = stateDir();
    await recorded(state, head(1), [change(null, 1), change(null, 2, { host: 'hv2' })]);
    await recorded(state, head(2), [change(1, 3)]);
    await recorded(state, head(3), [change(3, 4)], 'before the result');
    const known = [...(await lastKnown(state)).values()];
    expect(known.map(({ run, change: one }) => [one.host, run, one.after?.live])).toEqual([
      ['hv1', head(2).run, { 'inbound.average': 3 }],
      ['hv2', head(1).run, { 'inbound.average': 2 }],
    ]);
  });
});

describe('what people read', () => {
  const hostile = 'a\u001b[2J\n\u202eb';

  it('fits 80 columns, whatever names and reasons are', async () => {
    const state = stateDir();
    const who = { user: 'a-user-with-a-long-name', uid: 1, host: 'ctl.example.net' };
    const long = 'x'.repeat(200);
    await recorded(state, head(1, { who, command: `virtune run ${long}`, reason: long }), [change(1, 2)]);
    await recorded(state, head(2), [change(2, 3)], 'before the result');
    await recorded(state, head(3, { reason: hostile }), []);
    const lines = listLines(await all(state), LOOK);
    expect(lines).toEqual([
      'RUN       WHEN (UTC)        WHO                   WHAT CAME OF IT',
      '00000003  2026-11-26 00:00  alice@elsewhere       nothing to change',
      '          virtune run p.yml',
      '          reason: a\\x1b[2J\\n\\u202eb',
      '00000002  2026-11-26 00:00  alice@elsewhere       cut off: 1 not known',
      '          virtune run p.yml',
      '00000001  2026-11-26 00:00  a-user-with-a-long-…  1 changed',
      `          virtune run ${'x'.repeat(57)}…`,
      `          reason: ${'x'.repeat(61)}…`,
    ]);
  });

  it('tells what came of a run within its column, on a terminal', async () => {
    const state = stateDir();
    await recorded(state, head(1), []);
    const [run] = await all(state);
    const end = { ...run!.end!, hosts: { failed: 1, skipped: 2 }, subjects: { stale: 1, skipped: 11 } };
    const listed = (columns: number | undefined) => listLines([{ ...run!, end }], { ...LOOK, columns });
    expect(listed(80).slice(1, -1)).toEqual([
      '00000001  2026-11-26 00:00  alice@elsewhere       1 stale, 11 skipped, 1 host',
      '                                                  failed, 2 hosts skipped',
    ]);
    expect(listed(undefined)[1]).toMatch(/ {2}1 stale, 11 skipped, 1 host failed, 2 hosts skipped$/);
  });

  it('says nothing to change only of a run that has found nothing to change', async () => {
    const state = stateDir();
    await recorded(state, head(1), []);
    const [run] = await all(state);
    const [, line] = listLines([{ ...run!, end: { ...run!.end!, exitCode: 1, subjects: {} } }], LOOK);
    expect(line).toMatch(/ {2}nothing written, exit status 1$/);
  });

  it('calls no run one that had nothing to change, that has left something as it was', async () => {
    const state = stateDir();
    await recorded(state, head(1), []);
    const [run] = await all(state);
    const quiet: readonly SubjectStatus[] = ['inSync', 'unmanaged'];
    const told = SUBJECT_STATUSES.filter((status) => {
      const [, line = ''] = listLines([{ ...run!, end: { ...run!.end!, subjects: { [status]: 3 } } }], LOOK);
      return line.endsWith(`  3 ${SUBJECT_LOOK[status].words}`);
    });
    expect(told).toEqual(SUBJECT_STATUSES.filter((status) => !quiet.includes(status)));
  });

  it('tells of one VM from what to what, when, by whom, why, and by which rule', async () => {
    const state = stateDir();
    await recorded(state, head(1, { reason: 'CHG-1' }), [change(null, 1250)]);
    await recorded(state, head(2), [
      change(1250, 2500),
      change(1, 2, { domain: { ...change(1, 2).domain, name: 'db', uuid: 'other' } }),
    ]);
    for (const word of ['web', UUID.toUpperCase()])
      expect(vmLines(await all(state, ofVm(word)), LOOK)).toEqual([
        expect.stringMatching(
          /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}00000002 {2}alice@elsewhere {2}web on hv1$/,
        ),
        '  ~ web nic 1: receives 10 → 20 Mbit/s',
        '      rule "web tier" (rules.yml:4)',
        expect.stringMatching(/ 00000001 {2}alice@elsewhere {2}web on hv1$/),
        '  reason: CHG-1',
        '  + web nic 1: receives unlimited → 10 Mbit/s',
        '      rule "web tier" (rules.yml:4)',
      ]);
    expect(vmLines(await all(state, ofVm('w*')), LOOK)).toEqual([]);
  });

  it('has of a change that was not made the job that held its VM', async () => {
    const state = stateDir();
    const record = await openRecord(state, head(1));
    await record.intend([change(1, 2)]);
    await record.conclude([change(1, 2, { status: 'busy', reason: 'r', job: 'save' })]);
    await record.close();
    const [run] = JSON.parse(historyJson(await all(state))).runs;
    expect(run.changes).toMatchObject([{ known: true, resource: { status: 'busy', job: 'save' } }]);
  });

  it('says of a broken run where, and shows what stands before', async () => {
    const state = stateDir();
    const run = await recorded(state, head(1), [change(1, 2)]);
    const file = fileOf(state, run);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"status":"changed"', '"status":"failed0"'));
    const text = runText(await historyOf(state, run), { ...LOOK, columns: undefined, now: new Date(0) }).join(
      '\n',
    );
    expect(text).toContain(`${file}:3: broken: the line is not the one that was written after line 2`);
    expect(text).toContain('! web nic 1:');
    expect(text).toContain('it is not known whether this was written');
    const json = JSON.parse(historyJson(await all(state)));
    expect(json.runs[0]).toMatchObject({
      fault: { kind: 'broken', line: 3 },
      changes: [{ known: false, line: 2, resource: { status: 'pending' } }],
    });
  });

  it('fits its schema as JSON, whatever a record holds', async () => {
    const state = stateDir();
    const tokens = [{ kind: 'github', claims: { repository: 'org/limits' } }];
    const who = {
      user: 'u',
      uid: null,
      host: 'h',
      sudoUser: 'alice',
      ci: { platform: 'CI', claims: {} },
      tokens,
    };
    const subject = {
      ...change(1, 2).subject,
      index: 1,
      mac: '52:54:00:00:00:01',
      target: '',
      type: 'bridge',
      source: 'br0',
      ovs: false,
    };
    const settings = moduleNamed('nic_limits').settings.map(({ name, unit }) => ({
      name,
      unit,
      desired: { live: null, config: null },
      live: null,
      config: null,
    }));
    await recorded(state, head(1, { who, reason: hostile, what: 'rollback', of: 'x' }), [
      change(1, 2, { subject, settings }),
    ]);
    await recorded(state, head(2), [], 'before the end');
    writeFileSync(fileOf(state, await recorded(state, head(3), [])), 'x\n');
    const json = JSON.parse(historyJson(await all(state)));
    expect(misfits('history', json).slice(0, 4)).toEqual([]);
    expect(
      json.runs.map(({ start, end, fault }: Record<string, unknown>) =>
        [start, end, fault].map((one) => one !== null),
      ),
    ).toEqual([
      [false, false, true],
      [true, false, false],
      [true, true, false],
    ]);
    expect(runText((await all(state))[2]!, LOOK).join('\n')).toContain(
      'by a token of github that was checked: repository=org/limits',
    );
  });
});
