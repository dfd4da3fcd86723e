import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { sarifReport } from '../../../src/reporters/sarif.ts';
import { CONTEXT, everyOutcome, hostileResult, hostResult, NEXT, nicChange, runResult } from './results.ts';

/** The schema of OASIS, as a package carries it. */
const folder = dirname(createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json'));
/** Of draft 04, which Ajv takes for what it has in common with 07. */
const {
  $schema: _,
  id: __,
  ...schema
} = JSON.parse(readFileSync(join(folder, 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'));
const valid = new Ajv({
  allErrors: true,
  strict: false,
  validateFormats: false,
  unicodeRegExp: false,
}).compile(schema);

const read = (result: RunResult, most?: number) =>
  JSON.parse([...sarifReport(result, CONTEXT, most)].join(''));

describe('the SARIF report', () => {
  it('has what changes of itself later, of what differs and of the whole run', () => {
    const resources = [nicChange('pending', { next: NEXT }), nicChange('inSync', { next: NEXT })];
    const log = read(runResult([hostResult('hv01', { resources })]));
    expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
    const [{ properties, results }] = log.runs;
    expect(properties.later).toEqual([`later: 2 NICs, ${NEXT.text}`]);
    expect(results.map((one: { properties: object }) => one.properties)).toEqual([
      { next: { at: NEXT.at, text: NEXT.text } },
    ]);
  });

  it('fits the schema and has what GitHub asks for', () => {
    const log = read(everyOutcome());
    expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
    const [{ tool, results }] = log.runs;
    expect(results).toHaveLength(16);
    const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
    for (const { ruleId, message, locations, partialFingerprints } of results) {
      expect(ids).toContain(ruleId);
      expect(message.text).not.toBe('');
      expect(locations).toHaveLength(1);
      expect(partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]{64}$/);
    }
    for (const { help, shortDescription } of tool.driver.rules) {
      expect(help.text).not.toBe('');
      expect(shortDescription.text.length).toBeLessThanOrEqual(1024);
    }
    expect(results.find((one: { ruleId: string }) => one.ruleId === 'pending')).toMatchObject({
      level: 'warning',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'repo/inventory/group_vars/compute.yml' },
            region: { startLine: 4 },
          },
        },
      ],
    });
  });

  it('is empty where all passed, and cut with a word where there is too much', () => {
    expect(read(runResult([])).runs[0].results).toEqual([]);
    const log = read(everyOutcome(), 2);
    expect(valid(log)).toBe(true);
    expect(log.runs[0].results).toHaveLength(2);
    expect(JSON.stringify(log.runs[0].invocations)).toContain('14 more findings are left out');
  });

  it('holds whatever text as text', () => {
    const log = read(hostileResult());
    expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
    for (const { message } of log.runs[0].results) expect(message.text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
