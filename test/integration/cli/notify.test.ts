import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notifyAll, parseNotify } from '../../../src/cli/notify.ts';
import type { HostResult, RunResult } from '../../../src/model/result.ts';

const host = (name: string, over: Partial<HostResult> = {}): HostResult => {
  const base = { address: name, hypervisor: name, durationMs: 1, resources: [], totals: {} };
  return { name, ...base, status: 'ok', ...over };
};
const resultOf = (hosts: readonly HostResult[], exitCode = 0): RunResult => ({
  id: '20260101T000000000Z-0011aabb',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  mode: 'check',
  playbooks: ['play.yml'],
  inventory: ['inventory/'],
  user: 'ops',
  command: 'virtune run play.yml',
  exitCode,
  hosts,
  unmatchedRules: [],
  missingDomains: [],
  warnings: [],
});
const HOSTILE = resultOf(
  [host('<!channel>\n@room & co', { status: 'failed', error: '<https://evil|click> \u001b[31m' })],
  3,
);

interface Got {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let got: Got[];
/** Of the requests in order; the last holds for all others. */
let answers: number[];
let base: string;
beforeEach(async () => {
  got = [];
  answers = [200];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { method, url, headers } = request;
      const status = answers[Math.min(got.length, answers.length - 1)] ?? 200;
      got.push({ method, url, headers, body });
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const send = (
  words: string[],
  result = HOSTILE,
  env = {},
  on: string[] = [],
  signal = new AbortController().signal,
) => notifyAll(parseNotify(words, on), result, env, signal, [1, 1]);

describe('notifications', () => {
  it('as JSON are signed with the secret of the environment', async () => {
    const env = { VIRTUNE_NOTIFY_SECRET: 's3cret', VIRTUNE_NOTIFY_TOKEN: 't0ken' };
    expect(await send([`${base}/hook?x=1`], HOSTILE, env)).toEqual([]);
    const [{ method, url, headers, body } = { body: '', headers: {} as IncomingHttpHeaders }] = got;
    expect([method, url, headers.authorization]).toEqual(['POST', '/hook?x=1', 'Bearer t0ken']);
    const signature = createHmac('sha256', 's3cret').update(body).digest('hex');
    expect(headers['x-virtune-signature']).toBe(`sha256=${signature}`);
    expect(JSON.parse(body)).toMatchObject({
      schema: 'virtune.notification/1',
      title: 'virtune: 1 failed (check mode), exit 3',
      exitCode: 3,
      summary: { hosts: { total: 1, failed: 1 } },
      trouble: [{ host: '<!channel>\n@room & co', status: 'failed' }],
    });
  });

  it('to Slack and Matrix mention nobody, whatever hosts are called', async () => {
    await send([`slack=${base}/slack`]);
    await send([`matrix=${base}/send/m.room.message/`]);
    const [slack, matrix] = got.map(({ body }) => JSON.parse(body));
    expect([got[1]?.method, got[1]?.url]).toEqual([
      'PUT',
      '/send/m.room.message/20260101T000000000Z-0011aabb',
    ]);
    expect(slack.text).toContain('&lt;!channel&gt;');
    expect(slack.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    expect(matrix).toMatchObject({ msgtype: 'm.notice', 'm.mentions': {} });
    for (const text of [slack.text, matrix.body]) {
      expect(text.split('\n')).toHaveLength(2);
      expect(text).not.toContain('\u001b');
    }
  });

  it('are tried again where that may help, so often and no more', async () => {
    answers = [503, 0, 200];
    expect([await send([base]), got.length]).toEqual([[], 3]);
    answers = [429];
    got = [];
    expect(await send([`${base}/secret`])).toEqual([
      `${new URL(base).host} was not notified: it answered with 429`,
    ]);
    expect(got).toHaveLength(3);
    for (const status of [404, 302]) {
      got = [];
      answers = [status];
      expect(await send([base])).toEqual([expect.stringContaining(`answered with ${status}`)]);
      expect(got).toHaveLength(1);
    }
  });

  it('that cannot be sent are named, and end with the run', async () => {
    expect(await send(['http://127.0.0.1:9/x'])).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:9 was not .*: /),
    ]);
    const stopped = new AbortController();
    stopped.abort();
    expect(await send([base], HOSTILE, {}, [], stopped.signal)).toEqual([
      expect.stringContaining('was stopped'),
    ]);
  });

  it('are only of what somebody wants to hear of', async () => {
    const fine = resultOf([host('a')]);
    const subject = { kind: 'nic', key: 'k', label: 'nic 1' };
    const pending = {
      module: 'nic_limits',
      domain: { uuid: 'u', name: 'v' },
      subject,
      status: 'pending',
      rules: [],
    };
    const drift = resultOf([host('a', { resources: [pending] as never, status: 'changed' })], 2);
    for (const [on, sent] of [
      ['change', [drift]],
      ['trouble', [HOSTILE]],
      ['change,trouble', [drift, HOSTILE]],
      ['', [fine, drift, HOSTILE]],
    ] as const) {
      got = [];
      for (const result of [fine, drift, HOSTILE]) await send([base], result, {}, on === '' ? [] : [on]);
      expect(got.map(({ body }) => JSON.parse(body).exitCode)).toEqual(sent.map(({ exitCode }) => exitCode));
    }
  });

  it.each([
    [['ftp://x/'], [], /no http or https address/],
    [['slack='], [], /no http or https address/],
    [['teams=https://x/'], [], /knows no shape "teams"/],
    [['https://user:pw@x/'], [], /^(?!.*pw).*user or a password/],
    [['https://x/'], ['never'], /knows no "never"/],
    [[], ['trouble'], /whom to tell/],
  ])('refuses %j %j', (words, on, message) => {
    expect(() => parseNotify(words, on)).toThrow(message);
  });
});
