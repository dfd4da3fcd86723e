import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { markdownReport } from '../../../src/reporters/markdown.ts';
import { codeBlock, codeCell, codeSpan } from '../../../src/reporters/markdown_text.ts';
import { everyOutcome, HOSTILE, hostileResult, hostResult, NEXT, nicChange, runResult } from './results.ts';

const html = (text: string) =>
  micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

const write = (result: RunResult, most?: number) => [...markdownReport(result, undefined, most)].join('');

/** The elements that the report itself is made of. */
const OWN =
  /^<\/?(h3|p|ul|li|strong|table|thead|tbody|tr|th|td|code|pre|details|summary|sub)( class="language-diff")?>$/;

const elements = (text: string) => text.match(/<[^>]*>/g) ?? [];

/** What a reader would make links and mentions of. */
const outsideCode = (text: string) =>
  text
    .replaceAll(/<pre>.*?<\/pre>/gs, '')
    .replaceAll(/<code>.*?<\/code>/gs, '')
    .replaceAll(/<[^>]*>/g, '');

describe('the Markdown report', () => {
  it('tells what changes of itself later, in code', () => {
    const change = nicChange('inSync', { next: NEXT });
    const text = write(runResult([hostResult('hv01', { resources: [change] })]));
    expect(text).toContain('\n- `later: 1 NIC, until 2026-12-01 06:00 UTC, then <b>unlimited</b>`\n');
    expect(write(runResult([hostResult('hv01', { resources: [nicChange('inSync')] })]))).not.toContain(
      'later',
    );
  });

  it('tells counts, the hosts with trouble or changes, and their changes', () => {
    const other = nicChange('inSync');
    const changes = [nicChange('pending'), { ...other, subject: { ...other.subject, key: 'other' } }];
    const text = write(
      runResult([hostResult('hv01', { status: 'changed', resources: changes }), hostResult('hv02')]),
    );
    expect(text).toContain('### virtune: 1 ok, 1 would change (check mode)\n');
    expect(text).toContain('- **NICs**: 2 in all: 1 to change, 1 in sync\n');
    expect(text).toContain('| `hv01` | would change | 1 to change |\n');
    expect(text).toContain('```diff\n~ web-01 nic 1: receives unlimited → 100 Mbit/s  (inventory/');
    expect(text).not.toContain('hv02');
    expect(html(text)).toContain('<td><code>hv01</code></td>');
  });

  it('puts the worst first', () => {
    const text = write(everyOutcome());
    const at = ['hv01', 'hv02', 'hv04'].map((name) => text.indexOf(`| \`${name}\` |`));
    expect(at.every((place) => place > 0)).toBe(true);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(text).toContain(
      '**error**: `rule "gone" names the VM "gone-1", which no host has` `rules.yml:12`',
    );
  });

  it('holds whatever text in code', () => {
    for (const mode of ['check', 'apply'] as const) {
      const made = html(write(hostileResult(mode), 10_000_000));
      expect(elements(made).filter((one) => !OWN.test(one))).toEqual([]);
      expect(outsideCode(made)).not.toMatch(/@|https?:|#\d|!\d|owned|pwned/);
      expect(made.match(/<details>/g)).toHaveLength(HOSTILE.length);
    }
  });

  it('stays below what it may have, and says how many hosts are left out', () => {
    const hosts = Array.from({ length: 500 }, (_, nth) =>
      hostResult(`hv${nth}`, { status: 'changed', resources: [nicChange('pending')] }),
    );
    for (const most of [3_000, 20_000, 60_000]) {
      const text = write(runResult(hosts), most);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
      expect(text).toMatch(/\n\d+ hosts left out, since this would be too long: the JSON report has all\.\n/);
      expect(elements(html(text)).filter((one) => !OWN.test(one))).toEqual([]);
    }
  });
});

describe('foreign text in Markdown', () => {
  it.each([
    ['a`b', '``a`b``'],
    ['`a', '`` `a ``'],
    ['', '` `'],
    ['a\nb', '`a\\nb`'],
  ])('%j is the code span %s', (text, span) => {
    expect(codeSpan(text)).toBe(span);
  });

  it('does not end a cell or a block', () => {
    expect(codeCell('a|b')).toBe('`a\\|b`');
    expect(codeBlock('diff', ['```', '````'])).toBe('`````diff\n```\n````\n`````\n');
  });
});
