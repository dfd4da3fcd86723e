import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { demoFleet } from '../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { startSimFleet } from '../../src/sim/sshd.ts';
import { marked, markOfPage } from './mark.ts';

/** Takes a picture of the HTML report of a check of the demo fleet, in the browser of this machine. */
export async function photographReport(root: string): Promise<Buffer> {
  return withReport(root, async (report) => {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    await page.goto(String(pathToFileURL(report)));
    const picture = await page.screenshot();
    await browser.close();
    return marked(picture, markOfPage(readFileSync(report, 'utf8')));
  });
}

/** Makes the report, for as long as the body takes. */
export async function withReport<T>(root: string, body: (file: string) => Promise<T> | T): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-picture-'));
  const fleet = await startSimFleet(demoFleet());
  try {
    const { inventory } = await writeFleetFiles(fleet, dir);
    const report = join(dir, 'report.html');
    await check(root, inventory, report);
    return await body(report);
  } finally {
    await fleet.close();
    rmSync(dir, { recursive: true });
  }
}

/** In a process of its own, since the fleet lives in this one. Changes are pending: status 2. */
async function check(root: string, inventory: string, report: string): Promise<void> {
  const args = ['dist/cli/main.js', 'run', 'playbooks/nic-limits.yml', '-i', 'inventory', '-i', inventory];
  const child = spawn(process.execPath, [...args, '--check', '--report', `html=${report}`], {
    cwd: root,
    stdio: 'ignore',
  });
  await new Promise((done) => child.on('close', done));
}
