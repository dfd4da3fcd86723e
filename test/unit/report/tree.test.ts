import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CI_VARIABLES } from '../../../src/base/ci.ts';
import { askOnScreen, isLive } from '../../../src/base/screen.ts';
import type { RunResult } from '../../../src/model/result.ts';
import { terminalView } from '../../../src/report/terminal.ts';

// Nothing is drawn in CI, where these tests run as well.
beforeEach(() => {
  for (const name of CI_VARIABLES) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A frame is drawn when the machine comes to it. */
const PATIENCE = { timeout: 30_000 };

/** A terminal of 100 columns that keeps what is written to it. */
function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 40 });
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => stripVTControlCharacters(text) };
}

const nothing: RunResult = {
  id: 'run',
  startedAt: '',
  finishedAt: '',
  mode: 'apply',
  playbooks: [],
  inventory: [],
  user: '',
  command: '',
  exitCode: 130,
  hosts: [],
  unmatchedRules: [],
  missingDomains: [],
  warnings: [],
};

const DONE = { address: 'a', hypervisor: 'h', durationMs: 1, resources: [], totals: {} };

async function liveView(how: { readonly check?: boolean; readonly ofChanges?: boolean } = {}) {
  const { stream, text } = terminal();
  const view = await terminalView({
    stream,
    ofChanges: true,
    hostLines: () => [],
    check: false,
    diff: false,
    verbose: false,
    ...how,
    plays: [{ name: 'web', hosts: 2 }],
  });
  view.playStarted?.('web', 2);
  view.hostStarted?.('hv1');
  return { view, text };
}

describe('the live view', () => {
  it('keeps still while a person is asked, and goes on after the answer', async () => {
    const { view, text } = await liveView();
    await vi.waitFor(() => expect(text()).toContain('running: hv1'), PATIENCE);
    let during = '';
    await askOnScreen(async () => {
      const before = text();
      // Several frames long.
      await new Promise((done) => setTimeout(done, 500));
      during = text().slice(before.length);
    });
    expect(during).toBe('');
    const answered = text().length;
    await vi.waitFor(() => expect(text().slice(answered)).toContain('running: hv1'), PATIENCE);
    expect(isLive()).toBe(true);
    await view.end(nothing);
    expect(isLive()).toBe(false);
  });

  it('shows that the run was interrupted as long as it goes on', async () => {
    const { view, text } = await liveView();
    view.say('Interrupted: finishing.');
    await vi.waitFor(() => expect(text()).toMatch(/Interrupted: finishing\. 0\/2 done/), PATIENCE);
    await view.end(nothing);
  });

  it('names for whom hosts wait, as long as they do', async () => {
    const { view, text } = await liveView();
    view.hostWaiting?.('hv1', 'alice@ci, run r1\u001b[2J');
    await vi.waitFor(
      () => expect(text()).toMatch(/hv1 waits for another writer: alice@ci, run r1/),
      PATIENCE,
    );
    expect(text()).not.toContain('\u001b');
    view.hostWaiting?.('hv1', null);
    view.hostStarted?.('hv2');
    await vi.waitFor(() => expect(text()).toContain('hv2'), PATIENCE);
    expect(text().slice(text().lastIndexOf('hv2'))).not.toContain('waits');
    for (const name of ['a', 'b', 'c', 'd', 'e']) view.hostWaiting?.(name, 'bob@laptop');
    await vi.waitFor(
      () => expect(text()).toMatch(/c waits [^d]* 2 more hosts wait for another writer/s),
      PATIENCE,
    );
    await view.end(nothing);
  });

  it.each([
    [{}, '1/2 done, 1 changed'],
    [{ check: true }, '1/2 done, 1 would change'],
    [{ check: true, ofChanges: false }, '1/2 done; running'],
  ])('says changed only of what was changed: %o', async (how, expected) => {
    const { view, text } = await liveView(how);
    view.hostStarted?.('hv2');
    view.hostDone?.({ ...DONE, name: 'hv1', status: 'changed' });
    await vi.waitFor(() => expect(text()).toContain(expected), PATIENCE);
    await view.end(nothing);
  });
});
