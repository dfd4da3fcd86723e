import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { spend } from '../../../src/cli/spent_plans.ts';
import type { PlanHead } from '../../../src/plan/head.ts';

const HEAD = { id: '20261126T000000000Z-00000001' } as PlanHead;

function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-spent-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('of many that apply a plan at once, and give it back, none has a host that another one has', async () => {
  const state = stateDir();
  const held = new Set<string>();
  let taken = 0;
  const one = async (hosts: readonly string[]): Promise<void> => {
    const spent = await spend(state, HEAD, 'p.plan', hosts).catch(() => null);
    if (spent === null) return;
    for (const host of spent.hosts) {
      expect(held.has(host)).toBe(false);
      held.add(host);
      taken++;
    }
    await new Promise((resolve) => setImmediate(resolve));
    for (const host of spent.hosts) held.delete(host);
    expect(await spent.undo()).toBe(true);
  };
  const parts = [['a'], ['b'], ['a', 'b'], ['b', 'c'], ['a', 'b', 'c']];
  for (let round = 0; round < 10; round++) await Promise.all(parts.map(one));
  expect(taken).toBeGreaterThan(10);
  // All of it was given back: it is whole again, and its mark has a number of its own.
  const last = await spend(state, HEAD, 'p.plan', ['a', 'b', 'c']);
  expect([...last.hosts]).toEqual(['a', 'b', 'c']);
  await expect(spend(state, HEAD, 'p.plan', ['b'])).rejects.toThrow(
    /was applied already: [\d-]{10} [\d:]{8} UTC by /,
  );
});
