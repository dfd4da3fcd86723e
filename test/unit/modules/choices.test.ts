import { describe, expect, it } from 'vitest';
import { MODULES } from '../../../src/modules/index.ts';

/** What `virtune set` makes of a module's choice of subjects: a rule that names these and no others. */

const GIVEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nic_limits: { nic: '1', rate: '1 Mbit/s' },
  disk_limits: { disk: 'vda', totalIopsSec: '5' },
  block_limits: { device: '/dev/vda', deviceReadIopsSec: '5' },
};

describe.each(
  MODULES.flatMap(({ name, choice, set }) =>
    choice === undefined || set === undefined ? [] : [{ name, key: choice.key, rule: set.rule }],
  ),
)('set of $name', ({ name, key, rule }) => {
  const given = GIVEN[name] ?? {};

  it('names what is chosen', () => {
    expect(Object.keys(given)).toHaveLength(2);
    expect(String(rule(given)?.[key])).toBe(given[key]);
  });

  it('is refused without a choice', () => {
    const { [key]: _, ...rest } = given;
    expect(() => rule(rest)).toThrow(`--${key}`);
  });
});
