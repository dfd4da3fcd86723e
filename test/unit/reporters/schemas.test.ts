import { describe, expect, it } from 'vitest';
import { jsonReport } from '../../../src/reporters/json.ts';
import { ndjsonEvents, ndjsonReport } from '../../../src/reporters/ndjson.ts';
import { NOTIFICATION_SHAPES, notification } from '../../../src/reporters/notification.ts';
import { misfits } from '../../schema_of.ts';
import { everyOutcome, hostileResult, hostResult, runResult } from './results.ts';

/** The shipped schemas, held against what is written; the commands' own files in test/e2e/reports.test.ts. */

const AT = '2026-01-01T00:00:00.000Z';
const PLACE = { file: 'a.yml', line: 1, column: 2 };
const WARNED = runResult([hostResult('hv01')], {
  exitCode: 1,
  warnings: [
    { severity: 'warning', message: 'm', hint: 'h', place: PLACE, from: [{ text: 't', place: PLACE }] },
    { severity: 'warning', message: 'm', hint: undefined },
  ],
  unmatchedRules: [{ name: 'n', file: 'f', line: 3, required: true }],
  missingDomains: [{ domain: 'd', rule: { name: 'n', file: 'f', line: 3 } }],
});
const RESULTS = {
  everyOutcome: everyOutcome(),
  hostile: hostileResult(),
  warned: WARNED,
  empty: runResult([]),
};

describe.each(Object.entries(RESULTS))('of %s', (_, result) => {
  it('the report, each event and a notification fit their schemas', () => {
    expect(misfits('report', JSON.parse([...jsonReport(result)].join('')))).toEqual([]);
    const lines = [
      ...ndjsonReport(result),
      ndjsonEvents.playStarted('p', 3, AT),
      ndjsonEvents.hostStarted('hv01', AT),
    ];
    for (const line of lines) expect([line, misfits('events', JSON.parse(line))]).toEqual([line, []]);
    expect(NOTIFICATION_SHAPES).toContain('json');
    expect(misfits('notification', JSON.parse(notification('json', result)))).toEqual([]);
  });
});

it('what is none of them does not fit', () => {
  const event = JSON.parse(ndjsonEvents.playStarted('p', 3, AT));
  expect(misfits('events', { ...event, event: 'play_ended' })).not.toEqual([]);
  expect(misfits('events', { ...event, colour: 'red' })).not.toEqual([]);
  const told = JSON.parse(notification('json', WARNED));
  expect(misfits('notification', { ...told, exitCode: 9 })).not.toEqual([]);
  expect(misfits('notification', { ...told, trouble: [{}] })).not.toEqual([]);
  expect(
    misfits('validate', { schema: 'virtune.validate/2', valid: true, exitCode: 0, diagnostics: [] }),
  ).not.toEqual([]);
});
