import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServer, type RealCloud, untilStatus } from '../openstack/real_cloud.ts';
import { blockWith } from '../unit/docs/blocks.ts';
import { run, simulate, virtune } from './lab.ts';
import { labCloud, whyLeftToLong } from './openstack/cloud.ts';
import { type Left, operationsOn } from './openstack/operations.ts';
import { type ServedCloud, serveCloud } from './openstack/served.ts';

/**
 * `virtune serve` beside a real cloud: setInterface as curl, openstacksdk and Nova's clients send it, and limits that
 * hold through all that Nova does to a server. It takes minutes, so that it is `npm run test:long`'s.
 */

const LEFT_OUT = whyLeftToLong();

const lab = labCloud();
/** Of this run alone: a lab may be kept. */
const NAME = `serve-${process.pid}`;
const DECLARED = 'in 3000, out 3000';
const SET = 'in 10240, out 10240';
const LEFT: Readonly<Record<Exclude<Left, 'kept'>, string>> = {
  limited: 'in 1280, out 640',
  faster: 'in 5120, out 5120',
};
const NOBODY = '4635b1a8-6a5c-4f5f-9d5e-00000000dead';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

if (LEFT_OUT === '')
  describe('serve beside a real OpenStack', { timeout: 600_000 }, () => {
    let admin: RealCloud;
    let demo: RealCloud;
    let other: RealCloud;
    let reader: RealCloud;
    let served: ServedCloud;
    let address = '';
    let id = '';
    const made: string[] = [];
    const dir = mkdtempSync(join(tmpdir(), 'virtune-e2e-'));
    const state = join(dir, 'state');
    const playbook = join(dir, 'limits.yml');
    const newServer = async (name: string): Promise<string> => {
      const networks = ['net1', 'net2'];
      const server = await makeServer(demo, { name, flavor: 'limited', networks, tags: [] });
      made.push(server);
      return server;
    };
    const tokenOf = async ({ cloud }: RealCloud): Promise<string> => (await cloud.session()).token;
    const send = async (url: string, token: string | null, body: string | object): Promise<Reply> => {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token === null ? {} : { 'x-auth-token': token }) },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await reply.text();
      // A cloud on a busy machine may not answer in time: a client comes again when it is told to.
      if (reply.status === 503 && url.startsWith(served.url)) {
        await sleep(1000 * Number(reply.headers.get('retry-after')));
        return send(url, token, body);
      }
      return { status: reply.status, headers: reply.headers, body: text === '' ? null : JSON.parse(text) };
    };
    const action = (server: string, token: string | null, body: string | object) =>
      send(`${served.url}/v2.1/servers/${server}/action`, token, body);
    const asNova = async (server: string, token: string | null, body: string | object) =>
      send(`${await demo.cloud.endpoint('compute')}/servers/${server}/action`, token, body);
    /** In libvirt's order, running and persistent. */
    const limits = async (server = id) => [
      [...(await lab.described(server)).values()],
      [...(await lab.described(server, '--inactive')).values()],
    ];
    const untilLimits = async (wanted: readonly string[], server = id): Promise<void> => {
      const end = Date.now() + 600_000;
      for (;;) {
        const found = await limits(server).catch((error: Error) => error.message);
        if (JSON.stringify(found) === JSON.stringify([wanted, wanted])) return;
        if (Date.now() > end) expect(found, served.said().slice(-5_000)).toEqual([wanted, wanted]);
        await sleep(300);
      }
    };
    /** A block of docs/serve.md, for this service and server. */
    const docs = (words: string) =>
      blockWith('serve.md', words).replaceAll('http://127.0.0.1:8780', served.url);
    const bash = async (script: string) =>
      run('bash', ['-euc', script], { SERVER: id, OS_TOKEN: await tokenOf(demo) });

    beforeAll(async () => {
      await lab.up();
      [admin, demo, other, reader] = (await Promise.all(
        ['admin', 'demo', 'other', 'reader'].map(lab.login),
      )) as [RealCloud, RealCloud, RealCloud, RealCloud];
      id = await newServer(NAME);
      address = new URL(admin.cloud.config.authUrl).hostname.replace(/\.\d+$/, '.1');
      const rules = [
        { name: 'declared', match: { server: { name: `${NAME}*`, project: 'demo' } }, rate: 3000 },
      ];
      writeFileSync(playbook, JSON.stringify([{ hosts: 'openstack', tasks: [{ nic_limits: { rules } }] }]));
      served = await serveCloud({
        ...{ playbook, address, cloudsYaml: lab.cloudsYaml, inventory: ['-i', lab.inventory] },
        args: ['--state-dir', state, '--inventory-interval', '30'],
      });
    }, 1_800_000);
    afterAll(async () => {
      await served?.stop();
      for (const server of made) await demo.remove('compute', `/servers/${server}`).catch(() => {});
      for (const cloud of [admin, demo, other, reader]) cloud?.close();
    }, 120_000);

    it('takes setInterface as curl sends it, and withdraws it', async () => {
      await untilLimits([DECLARED, DECLARED]);
      const posted = await bash(docs('curl -i -X POST'));
      expect(posted.stdout).toMatch(/^HTTP\/1\.1 202 /);
      expect(posted.stdout.toLowerCase()).toMatch(/x-openstack-request-id: req-[\s\S]*x-virtune-job: \d+/);
      expect(posted.stdout.trimEnd().split('\r\n\r\n')).toHaveLength(1);
      await untilLimits([SET, DECLARED]);
      const { status, body } = await action(id, await tokenOf(demo), { getInterface: { interface: 1 } });
      expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('10240')]);

      const ran = await bash(docs('?check'));
      expect(ran.code, ran.stderr).toBe(0);
      expect(ran.stdout).toContain('"pending"');
      expect(ran.stdout).toContain('"jobs"');
      await untilLimits([DECLARED, DECLARED]);
    });

    it('takes it from Python, with the session of openstacksdk', async () => {
      copyFileSync(lab.cloudsYaml, join(lab.dir, 'run/clouds.yaml'));
      const script = docs('openstack.connect').replace('cloud="lab"', 'cloud="demo"').replace('web-1', NAME);
      await lab.inside('env', 'OS_CLIENT_CONFIG_FILE=/run/lab/clouds.yaml', 'python3', '-c', script);
      await untilLimits(['in 12500, out 12500', DECLARED]);
      const port = [...(await lab.described(id)).keys()][1] ?? '';
      expect(
        (await action(id, await tokenOf(demo), { setInterface: { interface: port, rate: 2000 } })).status,
      ).toBe(202);
      await untilLimits(['in 12500, out 12500', 'in 2000, out 2000']);
      const gone = await fetch(`${served.url}/v1/servers/${id}/limits`, {
        method: 'DELETE',
        headers: { 'x-auth-token': await tokenOf(demo) },
      });
      expect(gone.status).toBe(202);
      await untilLimits([DECLARED, DECLARED]);
    });

    it('refuses as Nova does', async () => {
      const set = { setInterface: { interface: 1, rate: 10240 } };
      const reboot = { reboot: { type: 'HARD' } };
      const [member, stranger, read] = await Promise.all([demo, other, reader].map(tokenOf));
      const both = async (server: string, token: string | null) => [
        await action(server, token ?? null, set),
        await asNova(server, token ?? null, reboot),
      ];
      for (const [server, token, status] of [
        [id, null, 401],
        [id, 'gAAAA-no-token', 401],
        [NOBODY, member, 404],
        ['no-uuid', member, 404],
        [id, stranger, 404],
      ] as const) {
        const [own, nova] = await both(server, token ?? null);
        expect([server, own?.status, own?.body]).toEqual([server, status, nova?.body]);
        expect(own?.headers.get('content-type')?.split(';')[0]).toBe('application/json');
        if (status !== 401) continue;
        // Where tokens are to be had: Nova's configuration may leave the version out.
        for (const one of [own, nova])
          expect(one?.headers.get('www-authenticate')).toMatch(
            /^Keystone uri="http:\/\/10\.88\.\d+\.2:5000(?:\/v3)?"$/,
          );
      }
      for (const body of ['{', '{}', '[]', { ...set, ...reboot }]) {
        const [own, nova] = [await action(id, member ?? '', body), await asNova(id, member ?? '', body)];
        expect([body, own.status, own.body]).toEqual([body, 400, nova.body]);
      }
      expect(await action(id, read ?? '', set)).toMatchObject({
        status: 403,
        body: { forbidden: { code: 403, message: expect.stringContaining("Policy doesn't allow") } },
      });
      for (const wrong of [
        { interface: 0, rate: 1 },
        { interface: 1, rate: 0 },
        { interface: 1, rate: -1 },
        { interface: 1, rate: 'fast' },
        { interface: 1, rate: 2 ** 63 },
        { interface: 1, rate: 1, x: 1 },
        { interface: 1 },
        { rate: 1 },
      ])
        expect(await action(id, member ?? '', { setInterface: wrong })).toMatchObject({
          status: 400,
          body: { badRequest: { code: 400 } },
        });
      expect(await action(id, member ?? '', { setInterface: { interface: 9, rate: 1 } })).toMatchObject({
        status: 404,
        body: { itemNotFound: { code: 404 } },
      });
      expect(await limits()).toEqual([
        [DECLARED, DECLARED],
        [DECLARED, DECLARED],
      ]);
    });

    it('refuses by the state of a server as Nova does', async () => {
      const set = { setInterface: { interface: 1, rate: 10240 } };
      const token = await tokenOf(demo);
      const act = (body: object) => demo.post('compute', `/servers/${id}/action`, body);
      const sameAs = async (name: string, body: object): Promise<void> => {
        const [own, nova] = [await action(id, token, set), await asNova(id, token, body)];
        expect([own.status, own.body]).toEqual([
          409,
          JSON.parse(JSON.stringify(nova.body).replace(`'${name}'`, "'setInterface'")),
        ]);
      };
      await act({ lock: null });
      await sameAs('pause', { pause: null });
      await act({ unlock: null });
      await act({ 'os-stop': null });
      await untilStatus(demo.get, id, 'SHUTOFF');
      await sameAs('pause', { pause: null });
      await act({ 'os-start': null });
      await untilStatus(demo.get, id, 'ACTIVE');
      await untilLimits([DECLARED, DECLARED]);
    });

    it('has no host for a server that the inventory lacks', async () => {
      const fleet = await simulate(['elsewhere']);
      const nothing = join(dir, 'nothing.yml');
      writeFileSync(nothing, '- hosts: all\n  tasks:\n    - nic_limits: { rules: [] }\n');
      const empty = await serveCloud({
        ...{ playbook: nothing, address, cloudsYaml: lab.cloudsYaml, inventory: ['-i', fleet.inventory] },
        args: ['--state-dir', join(dir, 'elsewhere'), '-e', 'ansible_ssh_common_args="-F none"'],
      });
      try {
        const body = { setInterface: { interface: 1, rate: 10240 } };
        const url = `${empty.url}/v2.1/servers/${id}/action`;
        expect(await send(url, await tokenOf(demo), body)).toMatchObject({
          status: 501,
          body: { notImplemented: { code: 501 } },
        });
      } finally {
        await empty.stop();
        await fleet.close();
      }
    });

    it('keeps what is declared through everything that Nova does', async () => {
      await action(id, await tokenOf(demo), { setInterface: { interface: 1, rate: 10240 } });
      await untilLimits([SET, DECLARED]);
      const told: { name: string; from: number; left: Left }[] = [];
      for (const operation of operationsOn({ lab, admin, demo, id })) {
        const from = Date.now();
        const saidBefore = served.said().length;
        const left = ((await operation.run()) as Left | undefined) ?? operation.left;
        const nics = (await lab.described(id)).size;
        await untilLimits([SET, ...Array.from({ length: nics - 1 }, () => DECLARED)]);
        told.push({ name: operation.name, from, left });
        const reactions = [
          ...served
            .said()
            .slice(saidBefore)
            .matchAll(/: changed .*\((.*)\)$/gm),
        ].map(([, how]) => how);
        console.log(
          `${operation.name}: Nova leaves ${left}; ${reactions.join('; ') || 'nothing was set again'}`,
        );
      }
      // What Nova had made of it is what was there before each change.
      const history = await virtune(['history', '--vm', id, '-n', '0', '--json', '--state-dir', state]);
      const changes = changesIn(history.stdout);
      const found = told.map(({ name, from }, nth) => {
        const to = told[nth + 1]?.from ?? Number.POSITIVE_INFINITY;
        const own = changes.filter(({ at }) => at >= from && at < to);
        const others = own.flatMap(({ before }) => before).filter((one) => one !== SET && one !== DECLARED);
        return [name, [...new Set(others)]];
      });
      expect(found).toEqual(told.map(({ name, left }) => [name, left === 'kept' ? [] : [LEFT[left]]]));
    }, 1_800_000);

    it('limits a server that was made later, and forgets what was set for it once it is deleted', async () => {
      const server = await newServer(`${NAME}-later`);
      await untilLimits([DECLARED, DECLARED], server);
      const token = await tokenOf(demo);
      expect((await action(server, token, { setInterface: { interface: 2, rate: 2000 } })).status).toBe(202);
      await untilLimits([DECLARED, 'in 2000, out 2000'], server);
      await demo.remove('compute', `/servers/${server}`);
      const audited = async () => {
        const reply = await fetch(`${served.url}/v1/audit?server=${server}`, {
          headers: { 'x-auth-token': token },
        });
        return ((await reply.json()) as { audit: readonly { readonly action: string }[] }).audit;
      };
      while (!(await audited()).some((line) => line.action === 'deleted')) await sleep(1_000);
      expect(served.said()).not.toMatch(/internal error/);
    }, 600_000);
  });
else describe('serve beside a real OpenStack', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));

interface Found {
  readonly at: number;
  /** `in 1280, out 640` */
  readonly before: readonly string[];
}

type Sides = Readonly<Record<'inbound' | 'outbound', { readonly average: number } | null>>;

function changesIn(json: string): readonly Found[] {
  const { runs } = JSON.parse(json) as {
    readonly runs: readonly {
      readonly changes: readonly {
        readonly at: string;
        readonly resource: { readonly before: Readonly<Record<'live' | 'config', Sides | null>> };
      }[];
    }[];
  };
  return runs
    .flatMap(({ changes }) => changes)
    .map(({ at, resource: { before } }) => ({
      at: Date.parse(at),
      before: [before.live, before.config].flatMap((side) =>
        side === null ? [] : [`in ${side.inbound?.average ?? 0}, out ${side.outbound?.average ?? 0}`],
      ),
    }));
}
