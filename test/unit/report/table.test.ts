import { expect, it } from 'vitest';
import { hostTable } from '../../../src/report/table.ts';
import { change } from '../record/build.ts';

it('says below the table what is on trial, between words at the edge of a terminal', () => {
  const one = change(1, 1, {
    onTrial: { run: '20261127T134738142Z-224d5b61', until: '2026-11-27T14:47:38.000Z' },
  });
  const host = { name: 'hv1', address: 'hv1', status: 'ok', durationMs: 1, resources: [one] };
  const lines = (columns: number | undefined) =>
    hostTable(
      host as never,
      {
        paint: (_format: unknown, text: string) => text,
        columns,
        verbose: false,
      } as never,
    ).slice(-3);
  expect(lines(80)).toEqual([
    '  web nic 1: on trial until 2026-11-27 14:47:38 UTC: its host gives back what',
    '    was before unless the run 20261127T134738142Z-224d5b61 is confirmed',
    '',
  ]);
  expect(lines(undefined)[1]).toMatch(/^ {2}web nic 1: on trial until .* is confirmed$/);
});
