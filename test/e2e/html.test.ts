import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HtmlValidate } from 'html-validate';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { htmlReport } from '../../src/reporters/html/index.ts';
import {
  CONTEXT,
  everyOutcome,
  HOSTILE,
  hostileResult,
  hostResult,
  nicChange,
  runResult,
} from '../unit/reporters/results.ts';
import { drawn } from './draw.ts';

/** The HTML report in a real browser, with scripts and without; CI plays one of the two. */

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
if (CHROMIUM === undefined && process.env.CI)
  throw new Error('chromium is missing, and in CI that is a failure');

const dir = mkdtempSync(join(tmpdir(), 'virtune-html-'));
let files = 0;

function write(result: RunResult): string {
  const file = join(dir, `${++files}.html`);
  writeFileSync(file, [...htmlReport(result, CONTEXT)].join(''));
  return file;
}

/** Hosts with trouble, changes and neither. */
function fleet(hosts: number, nics: number): RunResult {
  const statusOf = (nth: number) => (nth % 50 === 0 ? 'failed' : nth % 10 === 0 ? 'pending' : 'inSync');
  return runResult(
    Array.from({ length: hosts }, (_, h) => {
      const resources = Array.from({ length: nics }, (__, n) => {
        const one = nicChange(statusOf(h * nics + n));
        const domain = { ...one.domain, uuid: `${h}-${n}`, name: `web-${h}-${n}` };
        return { ...one, domain, subject: { ...one.subject, key: `${n}` } };
      });
      const failed = resources.some(({ status }) => status === 'failed');
      return hostResult(`hv${String(h).padStart(4, '0')}`, {
        status: failed ? 'failed' : 'changed',
        resources,
      });
    }),
  );
}

describe('the markup', () => {
  const validator = new HtmlValidate({
    extends: ['html-validate:recommended'],
    rules: { 'no-inline-style': 'error', 'long-title': 'off', 'no-trailing-whitespace': 'off' },
  });

  it.each([
    ['every outcome', everyOutcome()],
    ['hostile names', hostileResult()],
    ['hostile names of what was changed', hostileResult('apply')],
    ['nothing', runResult([])],
  ])('is valid: %s', async (_, result) => {
    const report = await validator.validateString([...htmlReport(result, CONTEXT)].join(''));
    const messages = report.results.flatMap(({ messages: all }) =>
      all.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`),
    );
    expect(messages).toEqual([]);
  });

  it('is cut where there is too much, unchanged hosts first, and says so', () => {
    const text = [...htmlReport(fleet(40, 5), CONTEXT, 60_000)].join('');
    expect(Buffer.byteLength(text)).toBeLessThan(90_000);
    expect(text).toMatch(/There is no room for what \d+ hosts have; the JSON report has all of it\./);
    expect(text).toContain('<li>hv0039: ');
  });
});

describe.skipIf(CHROMIUM === undefined).each(drawn([true, false], 1))(
  'in a browser, scripts: %s',
  (javaScriptEnabled) => {
    let browser: Browser;
    let page: Page;
    const troubles: string[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
      const context = await browser.newContext({ javaScriptEnabled });
      page = await context.newPage();
      page.on('console', (message) => troubles.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
      page.on('dialog', (dialog) => {
        troubles.push('dialog');
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) troubles.push(`request: ${request.url()}`);
      });
    });
    afterAll(() => browser?.close());

    const open = async (result: RunResult, hash = '') => {
      troubles.length = 0;
      await page.goto(`${pathToFileURL(write(result))}${hash}`);
    };

    it('shows counts and trouble first, and asks nobody for anything', async () => {
      await open(everyOutcome());
      expect(await page.title()).toBe('virtune: 1 ok, 1 failed, 1 unreachable, 1 refused, 1 skipped');
      const names = await page
        .locator('details[data-host]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-host')));
      expect(names).toEqual(['hv01', 'hv02', 'hv04', 'hv03', 'hv05']);
      expect(await page.locator('details[data-host="hv01"]').getAttribute('open')).not.toBeNull();
      expect(await page.locator('details[data-host="hv05"]').getAttribute('open')).toBeNull();
      expect(await page.getByText('inbound 100 Mbit/s').count()).toBeGreaterThan(0);
      expect(await page.locator('#filter').isVisible()).toBe(javaScriptEnabled);
      expect(troubles).toEqual([]);
    });

    it('unfolds without a script', async () => {
      await open(everyOutcome());
      const host = page.locator('details[data-host="hv05"]');
      const row = host.locator('tr[data-status=inSync]');
      expect(await row.isVisible()).toBe(false);
      await host.locator('summary').first().click();
      await host.locator('details summary').click();
      expect(await row.isVisible()).toBe(true);
    });

    it('holds whatever text as text', async () => {
      for (const mode of ['check', 'apply'] as const) {
        await open(hostileResult(mode));
        expect(await page.locator('details[data-host]').count()).toBe(HOSTILE.length);
        expect(await page.locator('img, svg, iframe, object, form, script:not(:last-child)').count()).toBe(0);
        expect(
          await page
            .locator('a')
            .evaluateAll((all) => all.every((one) => one.getAttribute('href')?.startsWith('#'))),
        ).toBe(true);
        if (javaScriptEnabled) expect(await page.evaluate('window.pwned')).toBeUndefined();
        expect(troubles).toEqual([]);
      }
    });

    it.runIf(javaScriptEnabled)('finds by search and status, and shows all again', async () => {
      await open(fleet(30, 10));
      const said = (text: unknown) => expect.poll(() => page.locator('#said').textContent()).toEqual(text);
      const shown = () => page.locator('tr[data-status]:visible').count();
      await page.keyboard.press('/');
      await page.keyboard.type('hv0007 web-7-3');
      await said('1 on 1 hosts');
      expect(await shown()).toBe(1);
      await page.locator('#all').click();
      await said('');
      await page.locator('input[value=failed]').check();
      await said(expect.stringMatching(/^6 on /));
      expect(
        await page
          .locator('tr[data-status]:visible')
          .evaluateAll((all) => all.map((one) => one.getAttribute('data-status'))),
      ).toEqual(Array(6).fill('failed'));
      expect(troubles).toEqual([]);
    });

    it.runIf(javaScriptEnabled)('opens what a link is to', async () => {
      await open(everyOutcome());
      const id = await page.locator('details[data-host="hv05"] tr').last().getAttribute('id');
      await open(everyOutcome(), `#${id}`);
      expect(await page.locator(`#${id}`).isVisible()).toBe(true);
    });

    it.runIf(javaScriptEnabled)('searches ten thousand without a long wait in one piece', async () => {
      await open(fleet(500, 20));
      const tasks = (await page.evaluate(`(async () => {
      const search = document.getElementById('search');
      const slow = [];
      new PerformanceObserver((list) => slow.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
      search.value = 'web-77-';
      search.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((done) => setTimeout(done, 1500));
      return { said: document.getElementById('said').textContent, slow };
    })()`)) as { said: string; slow: number[] };
      expect(tasks.said).toBe('20 on 1 hosts');
      console.log(`long tasks of a search over 10,000: ${tasks.slow.map(Math.round).join(', ')} ms`);
    });

    it.runIf(javaScriptEnabled).each(['light', 'dark'] as const)(
      'has no fault that axe finds, %s',
      async (colorScheme) => {
        for (const viewport of [
          { width: 1280, height: 800 },
          { width: 380, height: 800 },
        ]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize(viewport);
          await open(everyOutcome());
          await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
          // The page's own policy lets no script in: axe comes by the debugger, as an expression.
          await page.evaluate(AXE);
          const found = (await page.evaluate(`axe.run()`)) as {
            violations: { id: string; nodes: { html: string }[] }[];
          };
          expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        }
        await page.setViewportSize({ width: 1280, height: 800 });
      },
    );
  },
);
