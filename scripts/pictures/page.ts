import { chromium } from 'playwright-core';
import { type Stage, startStage, USERS, until, WEB } from '../../test/integration/serve/stage.ts';
import { newVisitor } from '../../test/integration/serve/visitor.ts';
import { marked, markOfPage } from './mark.ts';

const SERVER = `/ui/servers/${WEB}`;

/** Takes a picture of a server's page of `virtune serve`, in the browser of this machine. */
export async function photographPage(): Promise<Buffer> {
  return withServed(async ({ url }, mark) => {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
    await page.goto(`${url}${SERVER}`);
    await page.fill('#user', USERS.member.name);
    await page.fill('#password', USERS.member.password);
    await page.click('button.first');
    await page.waitForURL(`**${SERVER}`);
    const picture = await page.screenshot();
    await browser.close();
    return marked(picture, mark);
  });
}

/** What the picture is to show, as a test holds it. */
export const markOfServed = (): Promise<string> => withServed(async (_, mark) => mark);

/** A service with simulated hosts, of which somebody has limited a NIC. */
async function withServed<T>(body: (stage: Stage, mark: string) => Promise<T>): Promise<T> {
  const stage = await startStage({ declared: 12_500 });
  try {
    const limits = { inbound: '40 Mbit/s', reason: 'a slow week' };
    await stage.call('PATCH', `/v1/servers/${WEB}/nics/1/limits`, { body: limits });
    await until(() => stage.inbound() === 5_000);
    const visitor = newVisitor(stage.url);
    await visitor.logIn(USERS.member);
    // The look after the one that has set it finds all as it is to be.
    await until(async () => (await visitor.open(SERVER)).text.match(/>in sync</g)?.length === 2);
    await until(async () => (await visitor.open(SERVER)).text.includes('>done<'));
    return await body(stage, markOfPage(timeless((await visitor.open(SERVER)).text)));
  } finally {
    await stage.stop();
  }
}

/** Without what is another one each time. */
function timeless(html: string): string {
  return html.replaceAll(/\d+ (?:s|min) ago/g, '');
}
