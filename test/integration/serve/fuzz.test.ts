import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweep } from '../../sweep.ts';
import { MACS, type Stage, startStage, TOKENS, USERS, WEB } from './stage.ts';
import { newVisitor } from './visitor.ts';

/** Whatever comes in: no request ends the service or is an error of its own, and what is nonsense is told so. */

let stage: Stage;
let cookie = '';

beforeAll(async () => {
  stage = await startStage({ perSecond: 1_000_000 });
  const visitor = newVisitor(stage.url);
  await visitor.logIn(USERS.member);
  cookie = visitor.cookie;
});
afterAll(async () => {
  await stage.stop();
});

/** Sends bytes as they are. @returns the statuses of what comes back until the line ends, or nothing for a while */
function exchange(bytes: Buffer): Promise<readonly number[]> {
  const { port } = new URL(stage.url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
    const end = () => {
      socket.destroy();
      resolve([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', end);
    socket.on('close', end);
    socket.setTimeout(20_000, end);
  });
}

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const path = fc.oneof(
  fc.constantFrom(
    ...[`/v2.1/servers/${WEB}/action`, `/v1/servers/${WEB}/limits`, `/v1/servers/${WEB}/nics/1/limits?check`],
    ...[
      '/v1/jobs?limit=1',
      '/v1/audit',
      '/v1/overrides',
      `/v1/servers/${WEB}/history`,
      '/v1/openapi.json',
      '/healthz',
    ],
    ...[
      '/ui',
      '/ui/login',
      '/ui/logout',
      '/ui/jobs?state=x&marker=-1',
      '/ui/servers?q=%ff',
      '/ui/limits?from=1e9',
      '/',
    ],
    ...[
      `/ui/servers/${WEB}`,
      `/ui/servers/${WEB}/check`,
      `/ui/servers/${WEB}/set`,
      `/ui/servers/${WEB}/withdraw?nic=%00`,
    ],
  ),
  fc.string({ maxLength: 40 }).map((text) => `/ui/${encodeURIComponent(text.replaceAll(/\p{Cs}/gu, ''))}`),
  fc.constantFrom(
    '/%',
    '/ui/%ff%fe',
    '/v1/%00',
    `/ui/jobs/${'9'.repeat(400)}`,
    `/v1/servers/${'a'.repeat(20_000)}/limits`,
    '/ui/../../etc/passwd',
    '*',
    '//',
    '/ui/servers/__proto__',
  ),
);
const body = fc.oneof(
  fc.json({ maxDepth: 6 }),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    deep(50_000),
    '{"setInterface": {"interface": 1, "rate": 1e400}}',
    '{"setInterface": {"interface": 99999999999999999999, "rate": -0}}',
    '{"setInterface": {"interface": 1, "rate": 5, "rate": 0}}',
    '{"__proto__": {"setInterface": {}}, "constructor": {"prototype": {}}}',
    '{"inbound": {"__proto__": 5}, "until": "9999-99-99T99:99:99Z"}',
    '{"inbound": "5 Mbit/s", "until": "9999-12-31T23:59:59+99:99", "reason": "\\u0000\\ud800"}',
    '\ufeff{}',
    `nic=${encodeURIComponent(MACS[0])}&inbound=%00&until=%ff&reason=%ed%a0%80&csrf=%`,
    'user=%00&password=%ff&project=__proto__&domain=toString',
    '&&&===%%%',
  ),
);
const type = fc.constantFrom(
  ...[
    'application/json',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'text/plain',
    '',
  ],
  ...['multipart/form-data', 'application/json\x01', ';;;', 'application/vnd.x+json'],
);
const header = fc.constantFrom(
  ...[
    'X-Auth-Token: ',
    `X-Auth-Token: ${TOKENS.member}`,
    `X-Auth-Token: ${'x'.repeat(17_000)}`,
    'X-Auth-Token: \xff',
  ],
  ...[
    'Origin: null',
    'Origin: http://[',
    'Cookie: virtune=',
    'Cookie: =;=;;',
    'Idempotency-Key: \x7f',
    'Idempotency-Key: k',
  ],
  ...[
    'OpenStack-API-Version: compute 2.99999999',
    'X-OpenStack-Nova-API-Version: x',
    'Sec-Fetch-Site: x',
    'Expect: 100-continue',
  ],
  ...[
    'Upgrade: websocket',
    'Transfer-Encoding: gzip',
    'Accept: \0',
    'X-Forwarded-Proto: https',
    'Content-Encoding: br',
  ],
);

it('answers whatever comes, and with no error of its own', async () => {
  const method = fc.constantFrom(
    'GET',
    'POST',
    'PATCH',
    'DELETE',
    'PUT',
    'HEAD',
    'OPTIONS',
    'get',
    'PROPFIND',
  );
  const framing = fc.constantFrom('length', 'length', 'length', 'short', 'chunked', 'nonsense', 'none');
  const request = fc.record({
    method,
    path,
    body,
    type,
    framing,
    headers: fc.array(header, { maxLength: 4 }),
    isMember: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const bytes = Buffer.from(asked.body, 'utf8');
      const own = asked.isMember
        ? [`X-Auth-Token: ${TOKENS.member}`, `Cookie: ${cookie}`, `Origin: ${stage.url}`]
        : [];
      const { port } = new URL(stage.url);
      const lengths: Readonly<Record<string, readonly string[]>> = {
        length: [`Content-Length: ${bytes.length}`],
        short: ['Content-Length: 3'],
        chunked: ['Transfer-Encoding: chunked'],
        nonsense: ['Transfer-Encoding: chunked', 'Content-Length: -1'],
      };
      const head = [
        `${asked.method} ${asked.path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'Connection: close',
        `Content-Type: ${asked.type}`,
      ];
      const all = [...head, ...(lengths[asked.framing] ?? []), ...own, ...asked.headers].join('\r\n');
      const sent =
        asked.framing === 'chunked'
          ? Buffer.concat([
              Buffer.from(`${bytes.length.toString(16)}\r\n`),
              bytes,
              Buffer.from('\r\n0\r\n\r\n'),
            ])
          : bytes;
      const statuses = await exchange(Buffer.concat([Buffer.from(`${all}\r\n\r\n`, 'latin1'), sent]));
      for (const status of statuses)
        expect([
          status,
          [100, 200, 202, 303].includes(status) || (status >= 400 && status < 500) || status === 501,
        ]).toEqual([status, true]);
      expect(stage.said).toEqual([]);
    }),
    sweep(3_000, 50),
  );
  expect((await stage.call('GET', '/healthz', { token: null })).status).toBe(200);
  expect(({} as Record<string, unknown>).setInterface).toBeUndefined();
});

it.each([
  ['many headers', `GET /ui HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`, 431],
  ['a long header', `GET /ui HTTP/1.1\r\nHost: x\r\nX-A: ${'b'.repeat(40_000)}\r\n\r\n`, 431],
  ['a long path', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['a NUL in a path', 'GET /ui\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['no host', 'GET /ui HTTP/1.1\r\n\r\n', 400],
  [
    'two lengths',
    'POST /ui/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    400,
  ],
])('says what is wrong with %s', async (_, text, status) => {
  expect(await exchange(Buffer.from(text, 'latin1'))).toEqual([status]);
  expect(stage.said).toEqual([]);
});
