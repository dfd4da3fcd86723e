import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/base/text.ts';
import type { SeenHost } from '../../../src/serve/fleet_view.ts';
import { fleetPage, orderHosts, sliceOf } from '../../../src/serve/page/fleet.ts';
import { demandOwnPage, formIn, nextIn } from '../../../src/serve/page/form.ts';
import { html, to } from '../../../src/serve/page/html.ts';
import { loginIn } from '../../../src/serve/page/login.ts';
import { cookieFor, newSessions, sessionIn } from '../../../src/serve/page/session.ts';
import { setIn } from '../../../src/serve/page/set_form.ts';
import { viewerOf } from '../../../src/serve/page/viewer.ts';
import { agoText } from '../../../src/serve/page/words.ts';
import { Refusal } from '../../../src/serve/refusal.ts';

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '</title></main><iframe src=//evil.example>',
  '\u202egnp.exe\u2066',
  '\x1b]0;pwned\x07\0',
  '&lt;b&gt;&#x3c;',
  `\ud800${'A'.repeat(65_536)}`,
  `\${constructor}{{7*7}}<!--`,
];

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#35': '#',
  amp: '&',
};
const decoded = (text: string) => text.replaceAll(/&(#?\w+);/g, (_, name: string) => ENTITIES[name] ?? '?');

describe('the template', () => {
  it('takes every value for text, within an element and within an attribute', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...HOSTILE.filter(({ length }) => length < 1000)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const made = html`<p title="${text}">${text}</p>`.toString();
        const [, title = '', body = ''] = /^<p title="([^"<>]*)">([^"<>']*)<\/p>$/s.exec(made) ?? [];
        expect(made).toBe(`<p title="${title}">${body}</p>`);
        const shown = printable(text).replaceAll(/\p{Cs}|[\ufffe\uffff]/gu, '\ufffd');
        expect([decoded(title), decoded(body)]).toEqual([shown, shown]);
      }),
    );
  });

  it('nests what it has made itself, and nothing that looks like it', () => {
    expect(String(html`<b>${html`<i>${'<'}</i>`}</b>${[html`<br>`, '<br>', null, false, 3]}`)).toBe(
      '<b><i>&lt;</i></b><br>&lt;br&gt;3',
    );
    const pretended = { toString: () => '<script>' } as never;
    expect(() => html`${[pretended]}`).toThrow();
  });

  it('is the only one that makes HTML, with attributes in double quotes', () => {
    const folder = fileURLToPath(new URL('../../../src/serve/page/', import.meta.url));
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.ts'))) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect([name, text.match(/\s[a-z-]+='?\$\{(?!.*; )/g)]).toEqual([name, null]);
      // A template with an element is one of `html`.
      const bare = [...text.matchAll(/(\w*)`\s*<[a-z]/g)].filter(([, tag]) => tag !== 'html');
      expect([name, bare.map(([found]) => found)]).toEqual([name, []]);
    }
  });

  it('writes addresses', () => {
    expect(to('/ui/host', { name: 'a b&c="<', from: null, q: '' })).toBe('/ui/host?name=a+b%26c%3D%22%3C');
  });
});

const host = (name: string, more: Partial<SeenHost> = {}): SeenHost => ({
  ...{ name, connected: true, seenAt: 0, due: false, vms: 1, differs: 0, problem: '' },
  ...more,
});

describe('a page', () => {
  it('has hostile names as text', () => {
    const hosts = HOSTILE.map((name) => host(name, { connected: false, problem: name }));
    const text = fleetPage({
      ...{
        viewer: viewerOf(null, ''),
        hosts,
        shown: sliceOf(hosts, 0, 100),
        q: HOSTILE[1] ?? '',
        set: 0,
        now: 1000,
      },
    });
    expect(text.match(/<(?:script|img|iframe)\b[^>]*>/g)).toEqual([
      expect.stringMatching(/^<script src="\/ui\/page-[0-9a-f]{12}\.js" defer>$/),
    ]);
    expect(text).not.toMatch(/<[^>]* on\w+=/);
    expect(text).not.toMatch(/[\p{Cf}\p{Cs}]/u);
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    // The address of a host has its name whole; what is shown is cut.
    expect(text.replaceAll(/href="[^"]*"/g, '').length).toBeLessThan(10_000);
  });

  it('is as long as its rows, however many hosts there are; what is wrong stands first', () => {
    const all = Array.from({ length: 10_000 }, (_, nth) =>
      host(`hv${nth}`, { connected: nth !== 7777, differs: nth % 5000 === 1 ? 2 : 0 }),
    );
    const hosts = orderHosts(all);
    expect(hosts.slice(0, 3).map(({ name }) => name)).toEqual(['hv7777', 'hv1', 'hv5001']);
    const text = fleetPage({
      viewer: viewerOf(null, ''),
      hosts,
      shown: sliceOf(hosts, 100, 100),
      q: '',
      set: 0,
      now: 0,
    });
    expect(text.match(/<tr>/g)?.length).toBe(101);
    expect(text).toContain('href="/ui?from=200"');
    expect(text).toContain('<strong>10000</strong>');
  });

  it.each([
    [0, '0 s ago'],
    [99_000, '99 s ago'],
    [100_000, '2 min ago'],
    [7_200_000, '2 h ago'],
    [345_600_000, '4 days ago'],
    [-5000, '0 s ago'],
  ])('says how long ago %i ms was', (age, text) => {
    expect(agoText(1e12 - age, 1e12)).toBe(text);
  });
});

describe('a form', () => {
  const form = (text: string) =>
    formIn('application/x-www-form-urlencoded; charset=utf-8', Buffer.from(text));
  const NOW = Date.parse('2029-01-01T00:00:00Z');

  it('is read as browsers send it, and nothing else is', () => {
    expect([...form('a=1+%26&b=%C3%A4&c=&a=2')]).toEqual([
      ['b', 'ä'],
      ['c', ''],
    ]);
    for (const type of [undefined, 'application/json', 'multipart/form-data; boundary=x', 'text/plain'])
      expect(() => formIn(type, Buffer.from('a=1'))).toThrow(Refusal);
    expect(() => form('x=1&'.repeat(65))).toThrow('too many');
    expect(form('__proto__=1').get('__proto__')).toBe('1');
  });

  it('asks for what the API takes', () => {
    expect(setIn(form('nic=all&inbound=100+Mbit/s&until=2030-01-31T18:00&reason=why'), NOW)).toEqual({
      set: {
        nic: undefined,
        body: { inbound: '100 Mbit/s', until: '2030-01-31T18:00:00.000Z', reason: 'why' },
      },
    });
    expect(setIn(form('nic=aa&outbound=10240&outbound_peak=1+Gbit/s&outbound_burst=64+MiB'), NOW)).toEqual({
      set: { nic: 'aa', body: { outbound: { average: 10240, peak: '1 Gbit/s', burst: '64 MiB' } } },
    });
    expect(setIn(form('inbound=unlimited'), NOW)).toEqual({
      set: { nic: undefined, body: { inbound: 'unlimited' } },
    });
  });

  it.each([
    ['', { inbound: /receives or sends/ }],
    ['inbound=fast', { inbound: /"fast" is not a rate/ }],
    ['inbound=100M&outbound=0', { inbound: /100M/, outbound: /unlimited/ }],
    ['inbound_peak=5', { inbound: /average/ }],
    ['inbound=5&until=tomorrow', { until: /2030-01-31 18:00/ }],
    ['inbound=5&until=2030-02-31T18:00', { until: /2030-01-31 18:00/ }],
    ['inbound=5&until=2028-01-31T18:00', { until: /future/ }],
    [`inbound=5&reason=${'x'.repeat(501)}`, { reason: /501/ }],
  ])('says beside the field what is wrong with %j', (text, errors) => {
    const read = setIn(form(text), NOW) as { again: { errors: Record<string, string> } };
    expect(Object.keys(read.again.errors)).toEqual(Object.keys(errors));
    for (const [name, message] of Object.entries(errors)) expect(read.again.errors[name]).toMatch(message);
    expect(read.again.errors[Object.keys(errors)[0] ?? '']).not.toMatch(/Invalid input for field/);
  });

  it('is one of this service by what browsers say of where it comes from', () => {
    const own = { host: 'v.example:8780', origin: 'https://v.example:8780' };
    expect(() => demandOwnPage({ ...own, 'sec-fetch-site': 'same-origin' })).not.toThrow();
    expect(() => demandOwnPage(own)).not.toThrow();
    for (const other of [
      { origin: 'https://evil.example' },
      { origin: 'https://v.example' },
      { origin: 'null' },
      { origin: undefined },
      { host: undefined },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect(() => demandOwnPage({ ...own, ...other } as never)).toThrow('nothing was done');
  });

  it.each([
    ['/ui/jobs/1?x=1', '/ui/jobs/1?x=1'],
    ['/ui', '/ui'],
    ['/ui?from=100', '/ui?from=100'],
    ['//evil.example', '/ui'],
    ['/ui//evil.example', '/ui'],
    ['https://evil.example/ui', '/ui'],
    ['/ui\\evil', '/ui'],
    ['/ui/../v1', '/ui/../v1'],
    ['/uix', '/ui'],
    ['/ui/\r\nset-cookie:x', '/ui'],
    [null, '/ui'],
  ])('leads from %j to %j', (given, next) => {
    expect(nextIn(given)).toBe(next);
  });

  it('logs in by a password or an application credential', () => {
    expect(loginIn(form('user=ann&password=+p+&project=demo&domain=Default'))).toEqual({
      login: {
        kind: 'password',
        user: { name: 'ann', domain: { name: 'Default' } },
        password: ' p ',
        project: { name: 'demo', domain: { name: 'Default' } },
      },
    });
    expect(loginIn(form('way=application_credential&credential=c1&secret=s'))).toEqual({
      login: { kind: 'application_credential', credential: { id: 'c1' }, secret: 's' },
    });
    const again = loginIn(form('user=ann&password=&domain='));
    expect(again).toMatchObject({
      again: { errors: { password: 'Password is needed.', domain: 'Domain is needed.' } },
    });
    expect(JSON.stringify(loginIn(form('password=secret-x')))).not.toContain('secret-x');
  });
});

describe('a session', () => {
  it('is known by a number that nobody guesses, until its token ends', () => {
    let now = 0;
    const sessions = newSessions(() => now);
    const [one, other] = [sessions.begin('t1', 1000), sessions.begin('t2', 2000)];
    expect(one.id).toMatch(/^[\w-]{43}$/);
    expect(new Set([one.id, one.formToken, other.id, other.formToken]).size).toBe(4);
    expect(sessions.find(one.id)?.token).toBe('t1');
    now = 1000;
    expect([sessions.find(one.id), sessions.find(other.id)?.token]).toEqual([undefined, 't2']);
    sessions.end(other.id);
    expect(sessions.find(other.id)).toBeUndefined();
    expect(sessions.find(undefined)).toBeUndefined();
  });

  it('is in a cookie that no script reads and no other site sends', () => {
    const session = newSessions(() => 0).begin('token', 60_000);
    const plain = cookieFor(session, false, 0);
    expect(plain).toBe(`virtune=${session.id}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict`);
    expect(cookieFor(session, true, 0)).toBe(
      `__Host-virtune=${session.id}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(sessionIn(`a=b; virtune=${session.id}; c`, false)).toBe(session.id);
    for (const cookies of [
      undefined,
      '',
      'virtune=',
      `virtune=${session.id}; virtune=${session.id}`,
      `xvirtune=${session.id}`,
      `virtune=${session.id}x`,
      `__Host-virtune=${session.id}`,
    ])
      expect(sessionIn(cookies, false)).toBeUndefined();
  });
});
