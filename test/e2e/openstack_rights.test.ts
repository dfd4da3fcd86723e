import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOf, mapOf } from '../../src/base/json.ts';
import { makeServer, type RealCloud } from '../openstack/real_cloud.ts';
import { blockWith } from '../unit/docs/blocks.ts';
import { play, virtune, write } from './lab.ts';
import { labCloud, whyLeftToLong } from './openstack/cloud.ts';

/** The login that docs/openstack.md describes, with just these rights, on a real cloud. `npm run test:long`'s. */

const LEFT_OUT = whyLeftToLong();

const lab = labCloud();
const NAME = `rights-${process.pid}`;
const RULES = [{ match: { server: { name: NAME } }, nic: { network: 'net1' }, rate: '16 Mbit/s' }];

if (LEFT_OUT === '')
  describe('a login of its own at a real OpenStack', { timeout: 600_000 }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-rights-'));
    const inventory = join(dir, 'openstack.yml');
    let admin: RealCloud;
    let demo: RealCloud;
    let id = '';
    let user = '';
    /** The ID of what has this name, which is made where it is not there. */
    const named = async (kind: string, name: string, made: object = {}): Promise<string> => {
      const key = kind.slice(0, -1);
      const there = listOf((await admin.get('identity', `/${kind}?name=${name}`))[kind]);
      const one = there[0] ?? (await admin.post('identity', `/${kind}`, { [key]: { name, ...made } }))[key];
      return String(mapOf(one).id);
    };
    const give = async (role: string): Promise<void> => {
      const path = `/projects/${await named('projects', 'service')}/users/${user}/roles/${await named('roles', role)}`;
      await admin.put('identity', path, undefined);
    };
    const file = (service: string) => `/etc/${service}/policy.d/virtune.yaml`;
    const allow = (service: string, words: string) =>
      lab.inside(
        'sh',
        '-c',
        'printf %s "$1" > "$2" && chmod 644 "$2"',
        '-',
        blockWith('openstack.md', words),
        file(service),
      );
    const hostOf = async (source: string) => {
      const ran = await virtune(['inventory', '-i', source, '--host', 'cmp01']);
      expect(ran.code, ran.stderr).toBe(0);
      return JSON.parse(ran.stdout) as { readonly openstack_servers: readonly { readonly id: string }[] };
    };

    beforeAll(async () => {
      await lab.up();
      [admin, demo] = (await Promise.all(['admin', 'demo'].map(lab.login))) as [RealCloud, RealCloud];
      id = await makeServer(demo, { name: NAME, flavor: 'plain', networks: ['net1'], tags: [] });
      user = await named('users', NAME, { password: 'lab', domain_id: 'default' });
      await give('virtune');
      const auth = {
        ...{ auth_url: admin.cloud.config.authUrl, username: NAME, password: 'lab', project_name: 'service' },
        ...{ user_domain_name: 'Default', project_domain_name: 'Default' },
      };
      writeFileSync(join(dir, 'clouds.yaml'), JSON.stringify({ clouds: { lean: { auth } } }), {
        mode: 0o600,
      });
      const source = { plugin: 'virtune.openstack', clouds: 'lean', clouds_yaml: 'clouds.yaml' };
      writeFileSync(inventory, JSON.stringify(source));
      const vars = readFileSync(join(lab.dir, 'inventory/group_vars/openstack.yml'), 'utf8');
      writeFileSync(join(dir, 'vars.yml'), vars);
    }, 1_800_000);
    afterAll(async () => {
      await lab.inside('rm', '-f', file('nova'), file('neutron'));
      if (id !== '') await demo.remove('compute', `/servers/${id}`).catch(() => {});
      if (user !== '') await admin.remove('identity', `/users/${user}`).catch(() => {});
      admin?.close();
      demo?.close();
      rmSync(dir, { recursive: true, force: true });
    }, 120_000);

    it('is told what it lacks before any host is contacted', async () => {
      const refused = async () => {
        const ran = await virtune(['inventory', '-i', inventory, '--list']);
        return [ran.code, ran.stderr];
      };
      expect(await refused()).toEqual([
        1,
        expect.stringMatching(/gets 403: Policy doesn't allow os_compute_api:/),
      ]);
      await allow('nova', '# Nova: ');
      // Of servers that are new Neutron need not have told.
      await expect
        .poll(refused, { timeout: 240_000, interval: 5_000 })
        .toEqual([1, expect.stringContaining('Neutron tells this login of no port of any server')]);
      await give('advsvc');
      const [code] = await refused();
      expect(code).toBe(0);
    });

    it('sees what an admin sees', async () => {
      const [own, whole] = [await hostOf(inventory), await hostOf(lab.inventory)];
      const seen = (host: typeof own) => {
        const { name: _, ...server } = mapOf(host.openstack_servers.find((one) => one.id === id));
        return { ...server, project: mapOf(server.project).id };
      };
      expect(seen(own)).toEqual(seen(whole));
    });

    it('limits by policies of Neutron with the rights for that, and without them says which it lacks', async () => {
      const written = write(
        { rules: RULES, enforce_with: 'neutron' },
        { hosts: 'openstack', lab: inventory },
      );
      const run = async () => {
        const { code, nics } = await play(written, '-e', `@${join(dir, 'vars.yml')}`);
        return [code, nics.map(({ status, reason = '' }) => [status, reason])];
      };
      expect(await run()).toEqual([
        3,
        [['failed', expect.stringMatching(/needs Neutron's rule create_policy/)]],
      ]);
      await allow('neutron', '# Neutron: ');
      expect(await run()).toEqual([0, [['changed', '']]]);
      expect(await run()).toEqual([0, [['inSync', '']]]);
    });
  });
else describe('a login of its own at a real OpenStack', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));
