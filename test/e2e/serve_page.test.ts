import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineDomain } from '../../src/sim/define.ts';
import type { SimHost } from '../../src/sim/model.ts';
import {
  DEMO,
  MACS,
  STRANGERS,
  type Stage,
  startStage,
  USERS,
  until,
  WEB,
} from '../integration/serve/stage.ts';
import { LONG } from '../long.ts';

/** The page of `virtune serve` in a real browser: with a recorded Keystone and Nova, and simulated hosts. */

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
if (CHROMIUM === undefined && process.env.CI)
  throw new Error('chromium is missing, and in CI that is a failure');

const HOSTILE = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\u202e';
const SERVER = `/ui/servers/${WEB}`;
const PATHS = [
  ...['/ui', '/ui/host?name=hv1', '/ui/drift', '/ui/limits', '/ui/servers', '/ui/jobs', '/ui/jobs/1'],
  ...[SERVER, `${SERVER}/history`, `${SERVER}/withdraw`, '/ui/jobs/99999'],
];

/** MACs of tables that go over two lines, however much stands in other cells. */
const BROKEN_MACS = `
  for (const one of document.querySelectorAll('tbody td:not(:has(code))')) one.append(' word'.repeat(60));
  [...document.querySelectorAll('table code')]
    .filter((one) => /^(..:){5}..$/.test(one.textContent) && one.getClientRects().length > 1)
    .map((one) => one.textContent)`;

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    'no-inline-style': 'error',
    'long-title': 'off',
    'no-trailing-whitespace': 'off',
    'void-style': 'off',
  },
});

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let stage: Stage;
  let browser: Browser;
  const troubles: string[] = [];
  /** What answers with 400 or 404 on purpose is told in the console as well. */
  const ON_PURPOSE = /status of 4\d\d/;
  let borne = ON_PURPOSE;

  beforeAll(async () => {
    stage = await startStage({
      declared: 12_500,
      prepare: (hosts, cloud) => {
        for (let nth = 0; nth < 70; nth++) {
          const id = `4635b1a8-6a5c-4f5f-9d5e-3000000000${String(nth).padStart(2, '0')}`;
          const project = nth % 4 === 0 ? STRANGERS.id : DEMO.id;
          const state = {
            status: nth % 9 === 0 ? 'SHUTOFF' : 'ACTIVE',
            vmState: 'active',
            taskState: null,
            locked: nth % 7 === 0,
          };
          const name = nth === 1 ? HOSTILE.padEnd(65_536, 'x') : `w${nth}`;
          cloud.servers.set(id, { id, project, name, ...state, ports: [] });
          defineDomain(hosts[nth % 2] as SimHost, {
            name: `instance-${nth}`,
            uuid: id,
            nics: [{ source: { bridge: 'br0' } }],
          });
        }
      },
    });
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.stop();
  });

  const newPage = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    troubles.length = 0;
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      if (!borne.test(message.text())) troubles.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      troubles.push('dialog');
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(stage.url)) troubles.push(`request: ${request.url()}`);
    });
    return page;
  };
  const logIn = async (page: Page, who: keyof typeof USERS): Promise<void> => {
    await page.goto(`${stage.url}/ui/login`);
    await page.fill('#user', USERS[who].name);
    await page.fill('#password', USERS[who].password);
    await page.click('button.first');
    await page.waitForURL((url) => !url.pathname.endsWith('/login'));
  };
  /** Without a script one looks again oneself. */
  const doneJob = async (page: Page, withScript: boolean): Promise<void> => {
    await page.waitForURL(/\/ui\/jobs\/\d+$/);
    await until(
      async () => {
        if (!withScript) await page.reload();
        return (await page.locator('#job .mark').first().textContent()) === 'done';
      },
      () => stage.said.join(),
    );
  };

  it.each([true, false])(
    'logs in, sets after a preview, sees the job done, withdraws, and logs out; scripts: %s',
    async (javaScriptEnabled) => {
      const page = await newPage({ javaScriptEnabled });
      await page.goto(`${stage.url}${SERVER}`);
      expect(new URL(page.url()).pathname).toBe('/ui/login');
      await page.fill('#user', USERS.member.name);
      await page.fill('#password', USERS.member.password);
      await page.click('button.first');
      await page.waitForURL(`**${SERVER}`);
      await page.selectOption('#nic', MACS[1]);
      await page.fill('#inbound', 'fast');
      await page.click('#set button.first');
      await page.waitForSelector('#inbound-error');
      expect(await page.locator('#inbound').getAttribute('aria-describedby')).toContain('inbound-error');
      await page.fill('#inbound', '40 Mbit/s');
      await page.fill('#reason', HOSTILE);
      await page.click('#set button.first');
      await page.waitForURL('**/check');
      await page.waitForSelector('text=receives 100 → 40 Mbit/s');
      expect(stage.inbound(2)).toBe(12_500);
      await page.click('button.first');
      await doneJob(page, javaScriptEnabled);
      expect(stage.inbound(2)).toBe(5_000);
      await page.goto(`${stage.url}${SERVER}/history`);
      expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(2);
      await page.click('text=Limits of this server');
      await page.click('text=Withdraw');
      await page.click('button.first');
      await doneJob(page, javaScriptEnabled);
      expect(stage.inbound(2)).toBe(12_500);
      await page.goto(`${stage.url}/ui/servers`);
      expect(await page.locator('tbody tr').count()).toBe(50);
      expect(await page.locator('main img, main script, iframe').count()).toBe(0);
      if (javaScriptEnabled) expect(await page.evaluate('window.pwned')).toBeUndefined();
      await page.click('text=Log out');
      await page.waitForURL('**/ui/login?said=out');
      await page.goto(`${stage.url}/ui/jobs`);
      expect(new URL(page.url()).pathname).toBe('/ui/login');
      expect(troubles).toEqual([]);
      await page.context().close();
    },
  );

  it('is used by the keyboard alone', async () => {
    const page = await newPage();
    const reach = async (selector: string): Promise<void> => {
      for (let steps = 0; steps < 80; steps++) {
        if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`))
          return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab never came to ${selector}`);
    };
    await page.goto(`${stage.url}${SERVER}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await reach('#user');
    await page.keyboard.type(USERS.member.name);
    await reach('#password');
    await page.keyboard.type(USERS.member.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${SERVER}`);
    await reach('#outbound');
    await page.keyboard.type('30 Mbit/s');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineWidth');
    expect(outline).toBe('3px');
    await reach('#set button.first');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/check');
    await reach('button.first');
    await page.keyboard.press('Enter');
    await doneJob(page, true);
    await reach('form.who button');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/ui/login?said=out');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  it('shows by itself what is under way, and keeps the place of whoever reads', async () => {
    const page = await newPage();
    await logIn(page, 'member');
    await page.goto(`${stage.url}/ui/jobs`);
    const before = await page.locator('tbody tr').count();
    const link = page.locator('tbody tr a').first();
    const at = await link.getAttribute('href');
    await link.focus();
    await stage.call('PATCH', `/v1/servers/${WEB}/nics/1/limits`, { body: { inbound: '20 Mbit/s' } });
    await until(async () => (await page.locator('tbody tr').count()) === before + 1);
    await until(async () => (await page.locator('tbody .mark').first().textContent()) === 'done');
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(at);
    await until(async () => (await page.locator('#said').textContent()) !== '');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  // All four in the second suite: each looks at every page.
  it.each(
    (
      [
        ['light', 1280],
        ['dark', 320],
        ['dark', 1280],
        ['light', 320],
      ] as const
    ).slice(0, LONG ? 4 : 2),
  )(
    'has no fault that axe or a validator finds, no sideways scroll, and no MAC in two lines: %s, %i px',
    async (colorScheme, width) => {
      const page = await newPage({ colorScheme, viewport: { width, height: 700 } });
      await page.goto(`${stage.url}/ui/login`);
      const look = async (what: string): Promise<void> => {
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect([what, Number(wide) <= width]).toEqual([what, true]);
        await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
        // The page's own policy lets no script in: axe comes by the debugger, as an expression.
        await page.evaluate(AXE);
        const found = (await page.evaluate('axe.run()')) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        expect([what, ...found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)]).toEqual([
          what,
        ]);
      };
      await look('login');
      await page.goto(`${stage.url}/ui/login?way=application_credential`);
      await look('credential');
      await logIn(page, 'admin');
      // All of them in one theme a width; what stands in few places in the others, too.
      const isWhole = (colorScheme === 'light') === (width === 1280);
      for (const path of isWhole ? PATHS : ['/ui', SERVER]) {
        const reply = await page.goto(`${stage.url}${path}`);
        // There is a first job where other tests have made one.
        if (!path.startsWith('/ui/jobs/')) expect([path, reply?.status()]).toEqual([path, 200]);
        await look(path);
        if (width === 1280)
          expect([path, ...((await page.evaluate(BROKEN_MACS)) as string[])]).toEqual([path]);
        if (width !== 320) continue;
        const report = await validator.validateString((await reply?.text()) ?? '');
        const messages = report.results.flatMap(({ messages: all }) =>
          all.map(({ ruleId, message, line }) => `${path} ${line} ${ruleId}: ${message}`),
        );
        expect(messages).toEqual([]);
      }
      await page.goto(`${stage.url}${SERVER}`);
      await page.fill('#inbound', 'fast');
      await page.click('#set button.first');
      await page.waitForSelector('#inbound-error');
      await look('a form with an error');
      // Where the machine is busy, the host may not be heard for a moment: then one is asked to try again.
      borne = /status of (?:4\d\d|503)/;
      for (let status = 0; status !== 200; ) {
        await page.fill('#inbound', '10 Mbit/s');
        const [reply] = await Promise.all([
          page.waitForResponse((one) => one.request().method() === 'POST'),
          page.click('#set button.first'),
        ]);
        await page.waitForURL('**/check');
        status = reply.status();
        expect([200, 503], (await page.textContent('main')) ?? '').toContain(status);
      }
      borne = ON_PURPOSE;
      await look('a preview');
      expect(troubles).toEqual([]);
      await page.context().close();
    },
  );

  it('does nothing for a form of another site, though its visitor has logged in', async () => {
    const page = await newPage();
    await logIn(page, 'member');
    const context: BrowserContext = page.context();
    const jobs = async () => (await stage.call('GET', '/v1/jobs?limit=1')).text;
    const before = await jobs();
    const other = await context.newPage();
    await other.route('http://evil.example/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${stage.url}${SERVER}/set"><input name="nic" value="${MACS[0]}"><input name="inbound" value="8 kbit/s"></form>
<form id="out" method="post" action="${stage.url}/ui/logout"></form><iframe src="${stage.url}/ui/jobs"></iframe>`,
      }),
    );
    for (const form of [0, 1]) {
      await other.goto('http://evil.example/');
      const [reply] = await Promise.all([
        other.waitForResponse((one) => one.request().method() === 'POST'),
        other.waitForURL(`${stage.url}/**`),
        other.evaluate(`document.forms[${form}].submit()`),
      ]);
      expect(reply.status()).toBe(403);
    }
    expect(await jobs()).toBe(before);
    await other.goto('http://evil.example/');
    const framed = other.frames().find((frame) => frame !== other.mainFrame());
    expect(framed?.url()).toMatch(/^chrome-error:|^about:/);
    // A link shows the way back in.
    await other.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<a id="go" href="${stage.url}/ui/jobs">x</a>')`,
    );
    await other.click('#go');
    await other.click('text=go on');
    await other.waitForURL('**/ui/jobs');
    await page.goto(`${stage.url}/ui/jobs`);
    expect(await page.locator('h1').textContent()).toBe('Jobs');
    await context.close();
  });
});
