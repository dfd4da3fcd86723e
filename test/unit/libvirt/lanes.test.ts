import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseApplyAnswer } from '../../../src/libvirt/apply_answer.ts';
import { firstSteps, renderApply, type WriteStep } from '../../../src/libvirt/apply_script.ts';
import { lanesOf, MOST_LANES, saidByLanes } from '../../../src/libvirt/lanes.ts';

const M = 'vt0123';
const vm = (index: number): string => `6695eb01-f6a4-8304-79aa-${String(index).padStart(12, '0')}`;
const step = (index: number, ...more: readonly string[]): WriteStep => ({
  uuid: vm(index),
  commands: [['domiftune', vm(index), ...more]],
});
const steps = fc
  .array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 })
  .map((vms) => vms.map((index) => step(index)));

describe('the lanes of steps', () => {
  it('never part a domain, are no more than the most, and none is left out', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const lanes = lanesOf(all);
        expect(lanes).toHaveLength(all.length);
        const byVm = new Map(all.map(({ uuid }, index) => [uuid, lanes[index]]));
        expect(all.map(({ uuid }) => byVm.get(uuid))).toEqual(lanes);
        const used = [...new Set(lanes)];
        expect(used).toEqual([...used.keys()]);
        expect(used.length).toBeLessThanOrEqual(MOST_LANES);
        if (byVm.size < 8) expect(used.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    [0, []],
    [7, [7]],
    [8, [4, 4]],
    [13, [5, 4, 4]],
    [100, [25, 25, 25, 25]],
  ])('of %d domains have %j of them', (count, sizes) => {
    const lanes = lanesOf(Array.from({ length: count }, (_, index) => step(index)));
    expect([...new Set(lanes)].map((lane) => lanes.filter((one) => one === lane).length)).toEqual(sizes);
  });

  it('are one where a command has what stands between words of a lane', () => {
    const all = Array.from({ length: 20 }, (_, index) => step(index, index === 7 ? '/dev/a~b' : 'x'));
    expect(new Set(lanesOf(all))).toEqual(new Set([0]));
    expect(renderApply({ marker: M, uri: 'u:///', keep: [] }, all)).toContain("s:done'");
  });

  it('have each command once, in its order, with the end of each lane', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const line = renderApply({ marker: M, uri: 'qemu:///system', keep: [] }, all);
        const [, words = ''] = line.split(/ 'qemu:\/\/\/system' /);
        const said = [...words.matchAll(/s:(\d+);domiftune (\S+?)(?=[;'~])/g)].map(([, id, uuid]) => [
          id,
          uuid,
        ]);
        expect(said.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
          all.map(({ uuid }, index) => [String(index), uuid]),
        );
        const ends = words.match(/s:(done|half)/g) ?? [];
        expect(ends).toHaveLength(Math.max(1, new Set(lanesOf(all)).size));
      }),
    );
  });
});

/** What lanes say, in any order of their lines. */
const mixed = (lanes: readonly (readonly string[])[], order: readonly number[]): string => {
  const left = lanes.map((lines) => [...lines]);
  const told: string[] = [];
  const take = (lane: number): void => {
    const line = left[lane]?.shift();
    if (line !== undefined) told.push(`error: ${M}:${lane + 1}:${line}\n`);
  };
  for (const one of order) take(one % lanes.length);
  for (const lane of left.keys()) while ((left[lane]?.length ?? 0) > 0) take(lane);
  return told.join('');
};

describe('what lanes say', () => {
  it('is told apart, whatever the order in which it came', () => {
    const line = fc.stringMatching(/^[ -~]*$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(line), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(3)),
        (lanes, order) => {
          const said = saidByLanes(M, `\nerror: ${M}:d:x\n${mixed(lanes, order)}error: other\n`);
          for (const [lane, lines] of lanes.entries())
            expect(said.lanes.get(lane + 1) ?? '').toBe(lines.map((text) => `${text}\n`).join(''));
          expect(said.besides).toBe(`\nerror: ${M}:d:x\nerror: other\n`);
        },
      ),
    );
  });

  const whole = `\n${M}:begin\n${M}:batch\n${M}:end\n`;
  const all = Array.from({ length: 24 }, (_, index) => step(index % 16));
  const [first, lanes] = [firstSteps(all), lanesOf(all)];
  const fails = new Set([2, 9]);
  /** As virsh says it: first steps, then those that are not held back. */
  const saidIn = (lane: number): string[] => {
    const own = [...all.keys()].filter((index) => lanes[index] === lane);
    const told = (index: number) => [
      `error: ${M}:s:${index}`,
      ...(fails.has(index) ? ['error: Unable to set interface parameters', ''] : []),
    ];
    const leads = own.filter((index) => first[index] === index).flatMap(told);
    const others = own.filter((index) => first[index] !== index && !fails.has(first[index] ?? -1));
    return [...leads, `error: ${M}:s:half`, ...others.flatMap(told), `error: ${M}:s:done`];
  };
  const kindsOf = (stderr: string, stdout = whole) =>
    parseApplyAnswer(M, all.length, stdout, stderr, first, lanes).steps.map(({ kind }) => kind);
  const expected = all.map((_, index) => {
    if (fails.has(index)) return 'virsh_failed';
    return fails.has(first[index] ?? -1) ? 'not_run' : 'ok';
  });

  it('tells of each step what became of it, whatever the order', () => {
    expect(new Set(lanes).size).toBe(4);
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 60 }), (order) => {
        expect(kindsOf(mixed([0, 1, 2, 3].map(saidIn), order))).toEqual(expected);
      }),
    );
  });

  it('proves of no step of a lane that was cut that it has ended, and of the others all', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(20), fc.array(fc.nat(3), { maxLength: 60 }), (cut, at, order) => {
        const said = [0, 1, 2, 3].map((lane) => (lane === cut ? saidIn(lane).slice(0, at) : saidIn(lane)));
        const seen = saidIn(cut).slice(0, at);
        const last = seen
          .findLast((line) => /s:\d+$/.test(line))
          ?.split(':')
          .at(-1);
        const isProved = (index: number) =>
          seen.includes(`error: ${M}:s:${index}`) &&
          (String(index) !== last || seen.at(-1) !== `error: ${M}:s:${index}`);
        for (const [index, kind] of kindsOf(mixed(said, order)).entries()) {
          if (lanes[index] !== cut) expect(kind).toBe(expected[index]);
          else if (!isProved(index)) expect(['lost', 'not_run']).toContain(kind);
          else if (kind !== 'lost') expect(['ok', 'virsh_failed']).toContain(kind);
        }
      }),
    );
  });

  it('is the words of a lane that did not begin, for its own steps', () => {
    const said = [0, 1, 2, 3].map((lane) =>
      lane === 2 ? ['error: failed to connect to the hypervisor', 'error: Connection refused'] : saidIn(lane),
    );
    const kinds = kindsOf(mixed(said, []));
    expect(kinds.filter((_, index) => lanes[index] === 2)).toEqual(Array(6).fill('no_libvirtd'));
    expect(kinds.filter((_, index) => lanes[index] !== 2)).toEqual(
      expected.filter((_, index) => lanes[index] !== 2),
    );
    // And for all where none began.
    expect(new Set(kindsOf('error: failed to connect to the hypervisor\n'))).toEqual(
      new Set(['no_libvirtd']),
    );
    expect(new Set(kindsOf('', 'This account is not available.\n'))).toEqual(new Set(['not_run']));
  });

  it('is found where both streams have become one', () => {
    const stdout = `\n${M}:begin\n${mixed([0, 1, 2, 3].map(saidIn), [])}${M}:batch\n${M}:end\n`;
    expect(kindsOf('', stdout)).toEqual(expected);
  });
});
