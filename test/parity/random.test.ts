import { afterAll, describe, expect, inject, it } from 'vitest';
import { askAnsible } from './ansible.ts';
import { comparable, selection, writeCases } from './cases.ts';
import { randomCase, randomNumbers } from './random.ts';
import { randomIni } from './random_ini.ts';
import { askVirtune } from './virtune.ts';

/** Another one may be tried with PARITY_SEED; a failure names the case within its run. */
const SEED = Number(process.env.PARITY_SEED ?? 20261122);
const INVENTORIES = 200;
const INI_FILES = 300;

const removals: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const remove of removals) await remove();
});

describe.skipIf(inject('ansibleMissing') !== null)('parity with Ansible at random', () => {
  it(`holds for ${INVENTORIES} inventories with eight patterns each, seed ${SEED}`, async () => {
    const random = randomNumbers(SEED);
    const generated = Array.from({ length: INVENTORIES }, () => randomCase(random));
    const { cases, remove } = await writeCases(generated);
    removals.push(remove);
    const ansible = await askAnsible(cases, { ordered: true });
    let selected = 0;
    let right = 0;
    for (const [i, asked] of cases.entries()) {
      const [a, v] = [ansible[i], await askVirtune(asked)];
      if (a === undefined || a.error !== undefined) throw new Error(`case ${i}: ${a?.error}`);
      // A run on nothing is refused; to Ansible that is a warning.
      if (v.errors.length === 1 && v.errors[0]?.startsWith('the inventory has no hosts')) continue;
      expect([i, v.errors]).toEqual([i, []]);
      expect({ i, ...comparable(v) }).toEqual({ i, ...comparable(a) });
      for (const [j, question] of asked.patterns.entries()) {
        const [theirs, ours] = [a.patterns[j], v.patterns[j]];
        if (theirs === undefined || ours === undefined) throw new Error(`case ${i}: no answer`);
        // A slice of nothing is an error; Ansible says nothing.
        const emptySlice = ours.errors.length > 0 && ours.errors.every((e) => e.includes(' picks from '));
        if (!emptySlice) expect([i, question, selection(ours)]).toEqual([i, question, selection(theirs)]);
        selected += ours.hosts.length;
        if (ours.errors.length === 0) right++;
      }
    }
    // The comparison is worth something: many patterns name hosts.
    expect(right).toBeGreaterThan(INVENTORIES * 3);
    expect(selected).toBeGreaterThan(INVENTORIES * 10);
  });

  it(`holds for ${INI_FILES} INI files, the same ones refused, seed ${SEED}`, async () => {
    const random = randomNumbers(SEED);
    const generated = Array.from({ length: INI_FILES }, () => randomIni(random));
    const { cases, remove } = await writeCases(generated);
    removals.push(remove);
    const ansible = await askAnsible(cases, { ordered: true });
    let refused = 0;
    for (const [i, asked] of cases.entries()) {
      const [a, v] = [ansible[i], await askVirtune(asked)];
      if (a === undefined) throw new Error(`case ${i}: no answer`);
      const text = generated[i]?.files.hosts;
      const theirs = a.error !== undefined || a.failed.length > 0;
      // A run on nothing is refused; to Ansible that is a warning.
      if (v.errors.length === 1 && v.errors[0]?.startsWith('the inventory has no hosts')) continue;
      expect({ i, text, refused: v.errors.length > 0, errors: v.errors }).toEqual({
        i,
        text,
        refused: theirs,
        errors: v.errors,
      });
      if (theirs) refused++;
      else expect({ i, text, ...comparable(v) }).toEqual({ i, text, ...comparable(a) });
    }
    expect(refused).toBeGreaterThan(INI_FILES / 20);
    expect(refused).toBeLessThan(INI_FILES / 2);
  });
});
