import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { looksLikePlan, planPieces, planReader } from '../../../src/plan/file.ts';
import { isRewrite, plannedOf } from '../../../src/plan/given.ts';
import { PLAN_SCHEMA, type PlanHead } from '../../../src/plan/head.ts';
import { hostResult, nicChange, runResult } from '../reporters/results.ts';

const head: PlanHead = {
  schema: PLAN_SCHEMA,
  id: '20261126T000000000Z-0a1b2c3d',
  createdAt: '2026-11-26T00:00:00.000Z',
  expiresAt: '2026-11-27T00:00:00.000Z',
  user: 'ops \u202e evil',
  inventory: ['/etc/virtune/inventory'],
  playbooks: ['/etc/virtune/limits.yml'],
  folder: '/etc/virtune',
  rewrite: false,
};
const hosts = [
  hostResult('hv01', { status: 'changed', resources: [nicChange('pending'), nicChange('refused')] }),
  hostResult('hv02', { resources: [nicChange('inSync', { host: 'hv02' })] }),
];
const text = [...planPieces({ head, result: runResult(hosts) })].join('');

function read(bytes: Uint8Array, size = bytes.length || 1) {
  const reader = planReader('x.plan');
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  return reader.end();
}

describe('the file of a plan', () => {
  it('is read as it was written, in pieces of any size, and written again the same', () => {
    for (const size of [1, 7, 77, 78, 79, 4096, text.length]) {
      const plan = read(Buffer.from(text), size);
      expect(plan.head).toEqual(head);
      expect([...planPieces(plan)].join('')).toBe(text);
    }
  });

  it('is three JSON values that fit the schema', () => {
    const path = join(import.meta.dirname, '../../../schemas/plan.schema.json');
    const fits = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(path, 'utf8')));
    const lines = text.trimEnd().split('\n');
    const parts = [lines[0], lines.slice(1, -1).join('\n'), lines.at(-1)].map((part) =>
      JSON.parse(part ?? ''),
    );
    for (const part of parts) expect(fits(part), JSON.stringify(fits.errors)).toBe(true);
    for (const wrong of [{ ...head, schema: 'virtune.plan/2' }, { ...head, more: 1 }, {}])
      expect(fits(wrong)).toBe(false);
    expect(text).not.toMatch(/\u202e/);
  });

  it('is refused where one byte of it is another, or it is cut off anywhere', () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 13) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] as number) ^ 1;
      expect(() => read(other, 512), `byte ${at}`).toThrow(InputError);
      expect(() => read(bytes.subarray(0, at), 512), `cut at ${at}`).toThrow(InputError);
    }
    expect(() => read(Buffer.concat([bytes, Buffer.from('\n')]))).toThrow(/is not whole/);
    expect(() => read(Buffer.from(`${text}${text}`))).toThrow(InputError);
    expect(() => read(Buffer.alloc(3 << 20, 'x'), 65_536)).toThrow(/is no saved plan/);
    expect([looksLikePlan(bytes), looksLikePlan(Buffer.from('{"schema":"virtune.report/2"'))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('what a plan is to set', () => {
  it('is what was pending, by what it saw', () => {
    const [one, ...more] = plannedOf(runResult(hosts), 0);
    expect([one?.host, one?.given.length, more]).toEqual(['hv01', 1, []]);
    expect(one?.given[0]).toMatchObject({
      desired: { live: { 'inbound.average': 12_500 } },
      expected: { live: { 'inbound.average': [null, 12_500], 'outbound.average': [null, null] } },
      sameState: true,
      rule: { name: 'web tier', required: false },
    });
  });

  it('is over once its rules do not hold any more', () => {
    const at = '2026-12-01T05:00:00.000Z';
    const next = {
      at,
      zone: 'UTC',
      desired: { live: {}, config: {} },
      rules: [],
      text: 'until then, then 5',
    };
    const [host] = hosts;
    const timed = [{ ...host!, resources: [{ ...nicChange('pending'), next }] }];
    const over = (now: number) => plannedOf(runResult(timed), now)[0]?.given[0]?.over;
    expect(over(Date.parse(at) - 1)).toBeUndefined();
    expect(over(Date.parse(at))).toMatch(/made for another time: it held until then, then 5; make/);
  });

  it('is set anew where libvirt describes it as set', () => {
    expect([isRewrite(nicChange('pending')), isRewrite(nicChange('inSync'))]).toEqual([false, true]);
  });
});
