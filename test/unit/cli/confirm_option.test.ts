import { describe, expect, it } from 'vitest';
import { confirmText } from '../../../src/cli/confirm_option.ts';

describe('what is said at the end of a run that waits for a confirm', () => {
  const until = '2026-11-27T14:00:00.000Z';
  const text = (secondsBefore: number, columns?: number) =>
    confirmText(
      { id: '20261127T130000000Z-0a1b2c3d', confirm: { until }, hosts: [] } as never,
      new Date(Date.parse(until) - secondsBefore * 1000),
      columns,
    );

  it.each([
    [1, '1 s'],
    [119, '119 s'],
    [120, '2 min'],
    [3599, '59 min'],
    [7199, '119 min'],
    [7200, '2 h 0 min'],
    [86_399, '23 h 59 min'],
  ])('has the time that is left: of %i seconds', (seconds, left) => {
    expect(text(seconds)).toContain(`2026-11-27 14:00:00 UTC (${left} left)`);
  });

  it('breaks between words on a terminal, and its command stays whole', () => {
    expect(text(90, 50).split('\n')).toEqual([
      '',
      'To keep this, until 2026-11-27 14:00:00 UTC (90 s',
      '  left); else hosts give back what they had',
      '  before:',
      '  virtune confirm 0a1b2c3d',
      '',
    ]);
  });
});
