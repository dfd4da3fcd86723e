import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { RunResult } from '../../../src/model/result.ts';
import { junitReport } from '../../../src/reporters/junit.ts';
import { everyOutcome, HOSTILE, hostileResult, hostResult, nicChange, runResult } from './results.ts';

const XSD = readFileSync(join(import.meta.dirname, 'junit.xsd'), 'utf8');

const write = (result: RunResult) => [...junitReport(result)].join('');

async function valid(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: 'report.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: XSD }],
    initialMemoryPages: 2048,
    maxMemoryPages: 16_384,
  });
  return errors.map(({ message }) => message);
}

interface Suites {
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly testsuite: readonly {
    readonly name: string;
    readonly tests: string;
    readonly testcase: readonly Record<string, unknown>[];
  }[];
}

function read(xml: string): Suites {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    isArray: (name) => ['testsuite', 'testcase'].includes(name),
  });
  return parser.parse(xml).testsuites;
}

describe('the JUnit report', () => {
  it('fits the schema, and its counts are those of its cases', async () => {
    const xml = write(everyOutcome());
    expect(await valid(xml)).toEqual([]);
    const suites = read(xml);
    const cases = suites.testsuite.flatMap(({ testcase }) => testcase);
    const having = (name: string) => cases.filter((one) => one[name] !== undefined).length;
    expect([suites.tests, suites.failures, suites.errors].map(Number)).toEqual([
      cases.length,
      having('failure'),
      having('error'),
    ]);
    expect(cases.filter((one) => one.failure !== undefined).map(({ name }) => name)).toEqual([
      'web-01 nic 2',
      'web-01 nic 10',
    ]);
    expect(having('skipped')).toBe(4);
  });

  it('counts drift as a failure in check mode, and what was changed as passed, with what was done', () => {
    const of = (status: 'pending' | 'changed') =>
      write(runResult([hostResult('hv01', { status: 'changed', resources: [nicChange(status)] })]));
    expect(of('pending')).toMatch(/<failure type="pending" message="receives unlimited → 100 Mbit\/s">/);
    expect(of('pending')).toContain('file="inventory/group_vars/compute.yml" line="4"');
    expect(of('changed')).toMatch(/failures="0" errors="0"/);
    expect(of('changed')).toMatch(/<system-out>receives unlimited → [^<]*\nvirsh domiftune /);
  });

  it('holds whatever text as text', async () => {
    for (const mode of ['check', 'apply'] as const) {
      const xml = write(hostileResult(mode));
      expect(await valid(xml)).toEqual([]);
      expect(read(xml).testsuite.filter(({ name }) => name !== 'rules')).toHaveLength(HOSTILE.length);
    }
  });

  it('stays below what it may have, leaves out what passed first, and says so', () => {
    const many = Array.from({ length: 1000 }, (_, nth) => {
      const one = nicChange(nth % 100 === 0 ? 'failed' : 'inSync', { notes: ['ö'.repeat(100)] });
      return { ...one, subject: { ...one.subject, label: `nic ${nth}` } };
    });
    const result = runResult([hostResult('hv01', { status: 'failed', resources: many })]);
    const xml = [...junitReport(result, undefined, 50_000)].join('');
    expect(Buffer.byteLength(xml)).toBeLessThan(51_000);
    expect(xml.match(/<error /g)).toHaveLength(10);
    expect(xml).toMatch(/<skipped message="\d+ cases left out, since GitLab takes no file of 30 MB/);
    expect(write(result).match(/<testcase /g)).toHaveLength(1001);
  });
});
