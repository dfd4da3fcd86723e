import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServer, type RealCloud } from '../openstack/real_cloud.ts';
import { labCloud, whyLeftToLong } from './openstack/cloud.ts';
import { type ServedCloud, serveCloud } from './openstack/served.ts';
import { certificateFor } from './serve/tls.ts';

/** The page of `virtune serve` in a real browser beside a real cloud, by TLS. `npm run test:long`'s. */

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
if (CHROMIUM === undefined && process.env.CI)
  throw new Error('chromium is missing, and in CI that is a failure');
const LEFT_OUT = CHROMIUM === undefined ? 'there is no chromium' : whyLeftToLong();

const lab = labCloud();
const NAME = `page-${process.pid}`;
const DECLARED = 'in 3000, out 3000';
/** Where pictures of what is seen are put, for whoever wants to look. */
const PICTURES = process.env.VIRTUNE_SCREENSHOTS;

if (LEFT_OUT === '')
  describe('the page beside a real OpenStack', { timeout: 600_000 }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-page-'));
    let demo: RealCloud;
    let served: ServedCloud;
    let browser: Browser;
    let id = '';
    const troubles: string[] = [];

    beforeAll(async () => {
      await lab.up();
      demo = await lab.login('demo');
      id = await makeServer(demo, { name: NAME, flavor: 'limited', networks: ['net1', 'net2'], tags: [] });
      const playbook = join(dir, 'limits.yml');
      const rules = [{ name: 'declared', match: { server: { name: NAME } }, rate: 3000 }];
      writeFileSync(playbook, JSON.stringify([{ hosts: 'openstack', tasks: [{ nic_limits: { rules } }] }]));
      served = await serveCloud({
        ...{ playbook, cloudsYaml: lab.cloudsYaml, inventory: ['-i', lab.inventory] },
        ...{ address: '127.0.0.1', tls: certificateFor('127.0.0.1', dir) },
        args: ['--state-dir', join(dir, 'state')],
      });
      browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
    }, 1_800_000);
    afterAll(async () => {
      await browser?.close();
      await served?.stop();
      if (id !== '') await demo.remove('compute', `/servers/${id}`).catch(() => {});
      demo?.close();
      rmSync(dir, { recursive: true, force: true });
    }, 120_000);

    const newPage = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
      troubles.length = 0;
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true, ...options })).newPage();
      page.setDefaultTimeout(120_000);
      page.on('console', (message) => {
        // A cloud on a busy machine may not answer in time.
        if (!/status of (?:4\d\d|503)/.test(message.text())) troubles.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
      page.on('request', (request) => {
        if (!request.url().startsWith(served.url)) troubles.push(`request: ${request.url()}`);
      });
      return page;
    };
    const logIn = async (page: Page, user: string, password = 'lab'): Promise<void> => {
      await page.fill('#user', user);
      await page.fill('#password', password);
      await page.fill('#project', user);
      await page.click('button.first');
      await page.waitForLoadState();
    };
    const look = async (page: Page, name: string): Promise<void> => {
      const { width } = page.viewportSize() ?? { width: 0 };
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      expect([name, wide <= width]).toEqual([name, true]);
      if (PICTURES !== undefined)
        await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    };
    const untilFirst = async (wanted: string): Promise<void> => {
      for (;;) {
        const [live] = (await lab.described(id)).values();
        const [config] = (await lab.described(id, '--inactive')).values();
        if (live === wanted && config === wanted) return;
        await sleep(500);
      }
    };

    it('takes a Keystone password, shows servers by project, sets after a preview, and tells of the job as it goes', async () => {
      await untilFirst(DECLARED);
      const page = await newPage({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
      await page.goto(`${served.url}/ui/servers`);
      await look(page, 'phone-login');
      await logIn(page, 'demo', 'wrong');
      await page.waitForSelector('text=The cloud does not know this user, password and project.');
      await logIn(page, 'demo');
      await page.waitForURL('**/ui/servers');
      await page.waitForSelector('h2:has-text("Project demo")');
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({
        name: '__Host-virtune',
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
      });
      await look(page, 'phone-servers');
      await page.click(`text=${NAME}`);
      await page.waitForURL(`**/ui/servers/${id}`);
      await look(page, 'phone-server');
      const [mac = ''] = (await lab.described(id)).keys();
      await page.selectOption('#nic', mac);
      await page.fill('#inbound', '40 Mbit/s');
      await page.fill('#reason', 'a slow week');
      await page.click('#set button.first');
      await page.waitForURL('**/check');
      await page.waitForSelector('text=receives 24 → 40 Mbit/s');
      await look(page, 'phone-preview');
      expect([...(await lab.described(id)).values()][0]).toBe(DECLARED);
      await page.click('button.first');
      await page.waitForURL(/\/ui\/jobs\/\d+$/);
      // The page tells of it by itself.
      await page.waitForSelector('#job .mark:has-text("done")');
      await look(page, 'phone-job');
      await untilFirst('in 5000, out 3000');
      await page.goto(`${served.url}/ui/servers/${id}/history`);
      await page.waitForSelector('text=receives at most 40 Mbit/s');
      expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(2);
      await look(page, 'phone-history');
      await page.goto(`${served.url}/ui`);
      await look(page, 'phone-fleet');
      expect(await page.locator('main').innerText()).not.toContain('cmp01');
      await page.click('text=Log out');
      await page.waitForURL('**/ui/login?said=out');
      expect(troubles).toEqual([]);
      await page.context().close();
    });

    it('shows an admin the fleet and all projects, and withdraws', async () => {
      const page = await newPage({ viewport: { width: 1200, height: 900 } });
      await page.goto(`${served.url}/ui`);
      await logIn(page, 'admin');
      await page.waitForSelector('main >> text=cmp01');
      await look(page, 'fleet');
      await page.goto(`${served.url}/ui/servers`);
      await page.waitForSelector(`text=${NAME}`);
      await look(page, 'servers');
      await page.goto(`${served.url}/ui/limits`);
      await look(page, 'limits');
      await page.goto(`${served.url}/ui/servers/${id}`);
      await look(page, 'server');
      await page.click('text=Withdraw');
      await page.click('button.first');
      await page.waitForSelector('#job .mark:has-text("done")');
      await untilFirst(DECLARED);
      expect(troubles).toEqual([]);
      await page.context().close();
    });

    it('lets a reader look, and set nothing', async () => {
      const page = await newPage({ viewport: { width: 1200, height: 900 } });
      await page.goto(`${served.url}/ui/servers/${id}`);
      await page.fill('#user', 'reader');
      await page.fill('#password', 'lab');
      await page.fill('#project', 'demo');
      await page.click('button.first');
      await page.waitForURL(`**/ui/servers/${id}`);
      expect(await page.locator('#set').count()).toBe(0);
      await look(page, 'reader');
      expect(troubles).toEqual([]);
      await page.context().close();
    });
  });
else describe('the page beside a real OpenStack', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));
