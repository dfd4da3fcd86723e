import { expect, it } from 'vitest';
import { rampErrors } from '../../../src/modules/selectors/times.ts';

it('refuses a ramp of a module whose settings are no numbers', () => {
  const raw = { ramp: { step: '10 Mbit/s', every: '1 m' } };
  expect(rampErrors(raw, [])).toMatchObject([
    { severity: 'error', message: 'ramp: what this rule sets is no number, and has no steps' },
  ]);
  expect(rampErrors({}, [])).toEqual([]);
});
