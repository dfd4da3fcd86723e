import { expect, it } from 'vitest';
import { type Verdict, withVerdicts } from '../../../src/gates/gate.ts';
import { args, domain, facts, planHost, rate, rule } from '../modules/build.ts';

const planned = (average: number) =>
  planHost(args([rule({ limits: { inbound: rate(average) } })]), facts([domain()])).items[0]!.change;
const refused: Verdict = { status: 'refused', reason: 'too many' };
const skipped: Verdict = { status: 'skipped', reason: 'not now' };

it.each([
  { verdicts: [], check: false, status: 'pending' },
  { verdicts: [refused], check: false, status: 'refused' },
  { verdicts: [refused], check: true, status: 'refused' },
  { verdicts: [skipped], check: false, status: 'skipped' },
  { verdicts: [skipped], check: true, status: 'pending' },
  { verdicts: [skipped, refused], check: false, status: 'skipped' },
  { verdicts: [{ ...refused, covers: () => false }], check: false, status: 'pending' },
])('$verdicts makes a change $status (check: $check)', ({ verdicts, check, status }) => {
  expect(withVerdicts(planned(5), verdicts, check).status).toBe(status);
});

it('has nothing to say of what is in sync', () => {
  const inSync = { ...planned(5), steps: [], status: 'inSync' as const };
  expect(withVerdicts(inSync, [refused], false)).toBe(inSync);
});
