import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCeilings } from '../../../src/serve/ceilings.ts';
import { DEMO, MACS, OTHER, STRANGERS, type Stage, startStage, TOKENS, USERS, until, WEB } from './stage.ts';
import { newVisitor, type Visitor } from './visitor.ts';

/** The page for people, as a browser without scripts sees it. */

const HOSTILE = '<img src=x onerror=alert(1)>"\u202e';
const SERVER = `/ui/servers/${WEB}`;

let stage: Stage;
let member: Visitor;

beforeAll(async () => {
  stage = await startStage({
    declared: 12_500,
    prepare: (_, cloud) => {
      for (let nth = 10; nth < 80; nth++) {
        const id = `4635b1a8-6a5c-4f5f-9d5e-2000000000${nth}`;
        const state = { status: 'ACTIVE', vmState: 'active', taskState: null, locked: false };
        cloud.servers.set(id, {
          id,
          project: DEMO.id,
          name: nth === 10 ? HOSTILE : `w${nth}`,
          ...state,
          ports: [],
        });
      }
      cloud.logins.set('short', {
        secret: 'short-password',
        token: { user: { id: 'user-short', name: 'short' }, project: DEMO, roles: ['member'] },
        seconds: 8,
      });
      cloud.logins.set('nowhere', {
        secret: 'nowhere-password',
        token: { user: { id: 'user-nowhere', name: 'nowhere' }, project: null, roles: [] },
      });
      cloud.logins.set('cred-1', {
        secret: 'cred-secret',
        token: { user: { id: 'user-reader', name: 'reader' }, project: DEMO, roles: ['reader'] },
      });
    },
  });
  member = newVisitor(stage.url);
  await member.logIn(USERS.member);
});
afterAll(async () => {
  await stage.stop();
});
afterEach(() => {
  Object.assign(stage, { policy: null, ceilings: [] });
});

const jobs = async () =>
  ((await stage.call('GET', '/v1/jobs?limit=1000')).body as { jobs: { id: number; state: string }[] }).jobs;

async function done(path: string): Promise<string> {
  let text = '';
  await until(
    async () => {
      text = (await member.open(path)).text;
      return />(?:done|refused|failed)</.test(text);
    },
    () => text,
  );
  return text;
}

describe('logging in', () => {
  it('is asked for first, and leads to where one wanted to go', async () => {
    const visitor = newVisitor(stage.url);
    expect((await visitor.open('/')).led).toBe('/ui');
    const first = await visitor.open(SERVER);
    expect(first.led).toBe(`/ui/login?next=${encodeURIComponent(SERVER)}`);
    const { led, text, headers } = await visitor.send('/ui/login', {
      user: 'ann',
      password: USERS.member.password,
      domain: 'Default',
    });
    expect([led, headers.get('content-type')]).toEqual([SERVER, 'text/html; charset=utf-8']);
    expect(text).toContain('<h1>vm-1</h1>');
    expect(visitor.cookie).toMatch(/^virtune=[\w-]{43}$/);
  });

  it('by what is not known says so, shows no secret again, and begins no session', async () => {
    const visitor = newVisitor(stage.url);
    await visitor.open('/ui/login');
    const { status, text } = await visitor.send('/ui/login', {
      user: 'ann',
      password: 'wrong-password',
      domain: 'Default',
    });
    expect([status, text]).toEqual([
      401,
      expect.stringContaining('The cloud does not know this user, password and project.'),
    ]);
    expect(text).toContain('value="ann"');
    expect(text).not.toContain('wrong-password');
    expect(visitor.cookie).toBe('');
    const other = await visitor.send('/ui/login', {
      user: 'ann',
      password: USERS.member.password,
      project: 'other',
      domain: 'Default',
    });
    expect(other.status).toBe(401);
    const none = await visitor.send('/ui/login', {
      user: 'nowhere',
      password: 'nowhere-password',
      domain: 'Default',
    });
    expect([none.status, none.text]).toEqual([401, expect.stringContaining('name one')]);
    const empty = await visitor.send('/ui/login', { user: '', password: '', domain: '' });
    expect([empty.status, empty.text]).toEqual([400, expect.stringContaining('User is needed.')]);
  });

  it('by an application credential, to look only where it may do no more', async () => {
    const visitor = newVisitor(stage.url);
    await visitor.open('/ui/login?way=application_credential');
    const { led } = await visitor.send('/ui/login', { credential: 'cred-1', secret: 'cred-secret' });
    expect(led).toBe('/ui');
    const { text } = await visitor.open(SERVER);
    expect(text).toContain('needs the role member');
    expect(text).not.toContain('>Preview<');
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const set = await visitor.send(`${SERVER}/set`, { csrf, nic: MACS[0], inbound: '5 Mbit/s' });
    expect([set.status, set.text]).toEqual([403, expect.stringContaining('Policy doesn')]);
    await visitor.open(SERVER);
    const withdraw = await visitor.send(`${SERVER}/withdraw`, { csrf, nic: MACS[0] });
    expect(withdraw.status).toBe(403);
  });

  it('is held up where it is tried too often, for everybody else not', async () => {
    const slow = await startStage();
    try {
      const visitor = newVisitor(slow.url);
      await visitor.open('/ui/login');
      const statuses: number[] = [];
      for (let nth = 0; nth < 12; nth++)
        statuses.push(
          (await visitor.send('/ui/login', { user: 'ann', password: 'guess', domain: 'Default' })).status,
        );
      expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
      const { status, headers, text } = await visitor.send('/ui/login', {
        user: 'x',
        password: 'y',
        domain: 'Default',
      });
      expect([status, text]).toEqual([429, expect.stringMatching(/too many tries.*again in \d seconds/)]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      const asked = slow.cloud.heard.filter((one) => one === 'POST /v3/auth/tokens').length;
      expect(asked).toBeLessThanOrEqual(11);
    } finally {
      await slow.stop();
    }
  });

  it('ends with the token, by logging out, and where Keystone takes the token back', async () => {
    const short = newVisitor(stage.url);
    expect((await short.logIn({ name: 'short', password: 'short-password' })).path).toBe('/ui/servers');
    await until(async () => (await short.open('/ui/jobs')).led !== null);
    expect(short.cookie).toMatch(/^virtune=|^$/);

    const leaving = newVisitor(stage.url);
    await leaving.logIn(USERS.member);
    const { cookie } = leaving;
    const token = [...stage.cloud.tokens.keys()].at(-1) ?? '';
    expect(token).toMatch(/^gAAAA-made/);
    const out = await leaving.send('/ui/logout');
    expect([out.led, leaving.cookie]).toEqual(['/ui/login?said=out', '']);
    expect(out.text).toContain('You are logged out.');
    expect(stage.cloud.tokens.has(token)).toBe(false);
    leaving.cookie = cookie;
    expect((await leaving.open('/ui/servers')).path).toMatch(/^\/ui\/login/);

    const revoked = newVisitor(stage.url);
    await revoked.logIn(USERS.member);
    Object.assign(stage.cloud.tokens.get([...stage.cloud.tokens.keys()].at(-1) ?? '') ?? {}, {
      revoked: true,
    });
    const seen = await revoked.open('/ui/servers');
    expect([seen.path, revoked.cookie]).toEqual([expect.stringMatching(/said=ended/), '']);
    expect(seen.text).toContain('Your session is over');
  });

  it('tells who came by a link of another site that there may be a session', async () => {
    const visitor = newVisitor(stage.url);
    const { text } = await visitor.open(SERVER, { 'sec-fetch-site': 'cross-site' });
    expect(text).toContain(`<a href="${SERVER}">go on</a>`);
  });

  it('leaves a line in the audit, without what was typed', async () => {
    const { body, text } = await stage.call('GET', '/v1/audit?limit=100', { token: TOKENS.admin });
    const lines = (body as { audit: { action: string; status: number }[] }).audit.filter(
      ({ action }) => action === 'log in',
    );
    expect(new Set(lines.map(({ status }) => status))).toEqual(new Set([303, 401]));
    expect(text).not.toMatch(/password-of|wrong-password|cred-secret|gAAAA/);
  });
});

describe('a form', () => {
  const form = { nic: MACS[0], inbound: '40 Mbit/s' };

  it.each([
    ['from a page of another site', { origin: 'https://evil.example' }, {}],
    ['without a word of where it comes from', { origin: '' }, {}],
    ['of a frame without an origin', { origin: 'null' }, {}],
    ['of a neighbour', { 'sec-fetch-site': 'same-site' }, {}],
    ['without the token of its session', {}, { csrf: '' }],
    ["with another session's token", {}, { csrf: 'A'.repeat(43) }],
  ])('%s is refused, and nothing is done', async (_, headers, fields) => {
    const before = (await jobs()).length;
    for (const action of ['set', 'check', 'withdraw', 'change']) {
      await member.open(SERVER);
      const { status, text } = await member.send(`${SERVER}/${action}`, { ...form, ...fields }, headers);
      expect([status, text]).toEqual([403, expect.stringContaining('nothing was done')]);
    }
    await member.open(SERVER);
    expect((await member.send('/ui/logout', fields, headers)).status).toBe(403);
    expect((await member.open('/ui/servers')).status).toBe(200);
    expect((await jobs()).length).toBe(before);
    const login = newVisitor(stage.url);
    await login.open('/ui/login');
    if (Object.keys(headers).length > 0)
      expect(
        (
          await login.send(
            '/ui/login',
            { user: 'ann', password: USERS.member.password, domain: 'Default' },
            headers,
          )
        ).status,
      ).toBe(403);
  });

  it('sets limits once they were previewed, once however often it is sent, and withdraws them', async () => {
    await member.open(SERVER);
    const wrong = await member.send(`${SERVER}/check`, { ...form, inbound: 'fast' });
    expect([wrong.status, wrong.text]).toEqual([
      400,
      expect.stringContaining('&quot;fast&quot; is not a rate'),
    ]);
    expect(wrong.text).toContain('value="fast"');
    const preview = await member.send(`${SERVER}/check`, { ...form, reason: HOSTILE });
    expect(preview.status).toBe(200);
    expect(preview.text).toContain('receives 100 → 40 Mbit/s');
    expect(preview.text).not.toMatch(/domiftune|hv1|<img/);
    expect(stage.inbound()).toBe(12_500);
    const back = await member.send(`${SERVER}/change`);
    expect(back.text).toContain('value="40 Mbit/s"');
    await member.send(`${SERVER}/check`, { ...form, reason: 'because' });
    const before = (await jobs()).length;
    const fields = { key: 'k'.repeat(24), ...form, reason: 'because' };
    const csrf = /name="csrf" value="([^"]+)"/.exec((await member.open(SERVER)).text)?.[1] ?? '';
    const sent = await Promise.all([1, 2, 3].map(() => member.send(`${SERVER}/set`, { ...fields, csrf })));
    expect(new Set(sent.map(({ led }) => led)).size).toBe(1);
    expect((await jobs()).length).toBe(before + 1);
    expect(await done(sent[0]?.led ?? '')).toContain('receives 100 → 40 Mbit/s');
    expect(stage.inbound()).toBe(5_000);
    const held = await member.open(SERVER);
    expect(held.text).toContain('set here by member: <q>because</q>');
    expect((await member.open('/ui/limits')).text).toContain('receives at most 40 Mbit/s');
    const end = await member.open(`${SERVER}/withdraw?nic=${encodeURIComponent(MACS[0])}`);
    expect(end.text).toContain('because');
    const withdrawn = await member.send(`${SERVER}/withdraw`);
    await done(withdrawn.led ?? '');
    expect(stage.inbound()).toBe(12_500);
    const history = (await member.open(`${SERVER}/history`)).text;
    for (const word of ['set done', 'withdraw done', 'withdrawn', 'member']) expect(history).toContain(word);
  });

  it('says what a ceiling says, beside what was filled in', async () => {
    stage.ceilings = readCeilings({ ceilings: [{ project: DEMO.id, rate: '1 MB/s' }] });
    const csrf = /name="csrf" value="([^"]+)"/.exec((await member.open(SERVER)).text)?.[1] ?? '';
    for (const action of ['check', 'set']) {
      const { status, text } = await member.send(`${SERVER}/${action}`, { ...form, csrf });
      expect([status, text]).toEqual([
        403,
        expect.stringContaining('is above what this project may set, 8 Mbit/s'),
      ]);
      expect(text).toContain('value="40 Mbit/s"');
    }
    const { text } = await stage.call('GET', '/v1/audit?limit=1');
    expect(text).toContain('above what this project may set');
  });

  it('of another kind or size is refused', async () => {
    await member.open(SERVER);
    const kind = await member.send(`${SERVER}/set`, form, { 'content-type': 'text/plain' });
    expect([kind.status, kind.headers.get('content-type')]).toEqual([415, 'text/html; charset=utf-8']);
    const size = await member.send(`${SERVER}/set`, { ...form, reason: 'x'.repeat(200_000) });
    expect(size.status).toBe(413);
  });
});

describe('what is shown', () => {
  it("is one's own project's, and nothing of hosts", async () => {
    const list = await member.open('/ui/servers');
    expect(list.text.match(/<tr>/g)?.length).toBe(51);
    expect(list.text).not.toContain(OTHER);
    const next = /href="([^"]+)" rel="next"/.exec(list.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await member.open(next);
    expect(second.text.match(/<tr>/g)?.length).toBe(23);
    expect(`${list.text}${second.text}`).not.toMatch(/<img|\u202e/);
    expect(`${list.text}${second.text}`).toContain('&lt;img src=x');
    expect((await member.open(`/ui/servers?q=${encodeURIComponent('w7')}`)).text.match(/<tr>/g)?.length).toBe(
      11,
    );
    expect((await member.open(`/ui/servers?q=${encodeURIComponent('.*(')}`)).text).toContain(
      'No server has this',
    );
    expect((await member.open(`/ui/servers/${OTHER}`)).status).toBe(404);
    expect((await member.open(`/ui/servers/${OTHER}/history`)).status).toBe(404);
    expect((await member.open(`/ui/servers/${OTHER}/withdraw`)).status).toBe(404);
    for (const path of ['/ui/host?name=hv1', '/ui/drift']) expect((await member.open(path)).status).toBe(403);
    expect((await member.open('/ui')).led).toBe('/ui/servers');
    for (const path of ['/ui/jobs', '/ui/limits', SERVER, `${SERVER}/history`]) {
      const { text } = await member.open(path);
      expect(text).not.toMatch(/\bhv\d|domiftune|gAAAA/);
    }
    const [job] = await jobs();
    const stranger = newVisitor(stage.url);
    stage.cloud.logins.set('eve', {
      secret: 'eve-password',
      token: { user: { id: 'user-eve', name: 'eve' }, project: STRANGERS, roles: ['member'] },
    });
    await stranger.logIn({ name: 'eve', password: 'eve-password' });
    expect((await stranger.open(`/ui/jobs/${job?.id}`)).status).toBe(404);
    expect((await stranger.open('/ui/jobs')).text).toContain('There is no job.');
  });

  it('is all of it for admins', async () => {
    const admin = newVisitor(stage.url);
    const { path, text } = await admin.logIn(USERS.admin);
    expect(path).toBe('/ui');
    expect(text).toContain('>hv1<');
    expect((await admin.open('/ui/host?name=hv1')).text).toContain('rule &ldquo;declared&rdquo;');
    expect((await admin.open(`/ui/limits?q=${MACS[1].toUpperCase()}`)).text.match(/<tr>/g)?.length).toBe(2);
    expect((await admin.open('/ui/servers')).text).toContain(`Project ${DEMO.id}`);
    expect((await admin.open(`/ui/servers?project=${STRANGERS.id}`)).text.match(/<tr>/g)?.length).toBe(2);
    expect((await admin.open('/ui/drift')).text).toContain('All that was read is as declared.');
    expect((await admin.open('/ui/host?name=nobody')).status).toBe(404);
  });

  it('comes with headers that let nothing else in', async () => {
    const { headers } = await member.open('/ui/jobs');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|data:|\*/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    const asset = await fetch(
      `${stage.url}${/href="(\/ui\/page-[^"]+)"/.exec((await member.open('/ui/jobs')).text)?.[1]}`,
    );
    expect([asset.status, asset.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    for (const path of ['/ui/nothing', '/ui/jobs/x', '/ui/%00', '/ui/servers/x'])
      expect([path, (await member.open(path)).headers.get('content-type')]).toEqual([
        path,
        'text/html; charset=utf-8',
      ]);
  });

  it('needs no login where the page is public, which sets nothing', async () => {
    const open = await startStage({ publicPage: true, declared: 50 });
    try {
      const visitor = newVisitor(open.url);
      const fleet = await visitor.open('/ui');
      expect([fleet.status, fleet.text]).toEqual([200, expect.stringContaining('>hv1<')]);
      for (const path of ['/ui/host?name=hv1', '/ui/drift', '/ui/limits', '/ui/jobs'])
        expect([path, (await visitor.open(path)).status]).toEqual([path, 200]);
      for (const path of ['/ui/servers', SERVER, `${SERVER}/history`])
        expect((await visitor.open(path)).path).toMatch(/^\/ui\/login/);
      const { path } = await visitor.send(`${SERVER}/set`, { csrf: '', nic: MACS[0], inbound: '5 Mbit/s' });
      expect(path).toMatch(/^\/ui\/login/);
      expect((await open.call('GET', '/v1/jobs', { token: TOKENS.admin })).body).toMatchObject({ jobs: [] });
    } finally {
      await open.stop();
    }
  });
});

it('said nothing of an error of its own', () => {
  expect(stage.said).toEqual([]);
});
