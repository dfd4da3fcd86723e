import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventReports } from '../../../src/cli/event_reports.ts';
import { harmless, together } from '../../../src/engine/observer.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { hostResult, runResult } from '../reporters/results.ts';

/** What tells of a run while it goes on can do no harm to it. */

const file = (): string => join(mkdtempSync(join(tmpdir(), 'virtune-events-')), 'events');
const BROKEN = {
  get name(): string {
    throw new TypeError('no such thing');
  },
} as HostResult;

describe('a report of events', () => {
  it('with a defect is named at its end, and hears no more; the others go on', async () => {
    const files = [file(), file()];
    const reports = eventReports(files.map((one) => ({ format: 'ndjson', file: one })));
    const [bad, good] = reports;
    const result = runResult([hostResult('hv01')]);
    together(reports).runStarted?.(result);
    bad?.hostDone?.(BROKEN);
    together(reports).hostDone?.(hostResult('hv01'));
    expect(await bad?.end(result)).toEqual([
      {
        severity: 'error',
        message: expect.stringMatching(/^a defect of the report \S+events: TypeError: no such thing/),
        hint: expect.stringContaining('the run itself is over'),
      },
    ]);
    expect(await good?.end(result)).toEqual([]);
    const events = files.map((one) => readFileSync(one, 'utf8').trimEnd().split('\n').length);
    expect(events).toEqual([1, 3]);
  });

  it('on a full disk is named, once', async () => {
    const [full] = eventReports([{ format: 'ndjson', file: '/dev/full' }]);
    const result = runResult([hostResult('hv01')]);
    full?.runStarted?.(result);
    const problems = (await full?.end(result)) ?? [];
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the report \/dev\/full could not be written: .*ENOSPC/),
    ]);
  });
});

it('an observer with a defect is told of once, and hears no more', () => {
  const [told, heard]: [unknown[], string[]] = [[], []];
  const observer = harmless(
    {
      hostStarted: (name) => heard.push(name),
      hostDone: () => {
        throw new Error('broken');
      },
    },
    (error) => told.push(error),
  );
  observer.runStarted?.(runResult([]));
  observer.hostStarted?.('a');
  observer.hostDone?.(hostResult('a'));
  observer.hostStarted?.('b');
  observer.hostDone?.(hostResult('b'));
  expect([told, heard]).toEqual([[new Error('broken')], ['a']]);
});
