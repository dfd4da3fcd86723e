import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CloudsRequest, loadClouds } from '../../../src/project/clouds.ts';
import { tree } from './tree.ts';

const LAB = `clouds:
  lab:
    region_name: RegionOne
    interface: internalURL
    verify: false
    auth:
      auth_url: https://keystone.example.net:5000
      username: admin
      project_name: admin
      user_domain_name: Default
      project_domain_id: default
`;
const SECURE = `clouds:
  lab: { auth: { password: s3cret } }
`;
const OS = { OS_AUTH_URL: 'http://k/v3/', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'x' };

function load(dir: string, request: Partial<CloudsRequest> = {}) {
  return loadClouds({ names: 'one', env: {}, home: dir, file: join(dir, 'clouds.yaml'), ...request });
}

const messages = ({ diagnostics }: Awaited<ReturnType<typeof loadClouds>>) =>
  diagnostics.map(({ message, place }) => `${place?.line ?? '-'}: ${message}`);

describe('clouds', () => {
  it('are what clouds.yaml and secure.yaml beside it say together', async () => {
    const dir = await tree({ 'clouds.yaml': LAB, 'secure.yaml': SECURE });
    expect(await load(dir)).toMatchObject({
      diagnostics: [],
      clouds: [
        {
          name: 'lab',
          authUrl: 'https://keystone.example.net:5000/v3',
          regions: ['RegionOne'],
          interface: 'internal',
          tls: { verify: false },
          login: {
            kind: 'password',
            user: { name: 'admin', domain: { name: 'Default' } },
            password: 's3cret',
            project: { name: 'admin', domain: { id: 'default' } },
          },
        },
      ],
    });
  });

  it('are found in the folder of the user’s configuration', async () => {
    const home = await tree({});
    mkdirSync(join(home, '.config/openstack'), { recursive: true });
    const dir = join(home, '.config/openstack');
    writeFileSync(join(dir, 'clouds.yaml'), LAB);
    writeFileSync(join(dir, 'secure.yaml'), SECURE);
    const found = await loadClouds({ names: ['lab'], env: {}, home });
    expect(found.clouds).toHaveLength(1);
  });

  it('of the environment are one, unless OS_CLOUD names another', async () => {
    const dir = await tree({ 'clouds.yaml': LAB, 'secure.yaml': SECURE });
    const one = await load(dir, { env: { ...OS, OS_REGION_NAME: 'R', OS_INTERFACE: 'admin' } });
    expect(one.clouds).toMatchObject([
      { name: 'envvars', authUrl: 'http://k/v3', regions: ['R'], interface: 'admin' },
    ]);
    expect((await load(dir, { env: { ...OS, OS_CLOUD: 'lab' } })).clouds[0]?.name).toBe('lab');
    expect(messages(await load(dir, { env: { OS_AUTH_URL: 'http://k', OS_USERNAME: 'u' } }))).toEqual([
      '-: cloud "envvars": OS_PASSWORD is missing',
    ]);
  });

  it('log in with application credentials and tokens', async () => {
    const auth = (lines: string) =>
      `clouds: { a: { ${lines}, auth: { auth_url: "http://k", application_credential_id: c, application_credential_secret: s, token: t } } }`;
    const kinds = async (lines: string) =>
      (await load(await tree({ 'clouds.yaml': auth(lines) }))).clouds[0]?.login.kind;
    expect(await kinds('auth_type: v3applicationcredential')).toBe('application_credential');
    expect(await kinds('region_name: R')).toBe('application_credential');
    expect(await kinds('auth_type: v3token')).toBe('token');
  });

  it('read the certificates that they name, from where clouds.yaml is', async () => {
    const dir = await tree({
      'clouds.yaml': LAB.replace('verify: false', 'cacert: ca.pem'),
      'secure.yaml': SECURE,
      'ca.pem': 'CA',
    });
    expect((await load(dir)).clouds[0]?.tls).toEqual({ verify: true, ca: 'CA' });
    const without = await tree({
      'clouds.yaml': LAB.replace('verify: false', 'cacert: no.pem'),
      'secure.yaml': SECURE,
    });
    expect(messages(await load(without))[0]).toMatch(/^2: the certificate file .*no\.pem does not exist$/);
  });

  it.each([
    [
      'auth_url: https://keystone.example.net:5000',
      'auth_url: keystone',
      '7: cloud "lab": auth_url must be an address',
    ],
    [
      'interface: internalURL',
      'interface: secret',
      '4: cloud "lab": interface must be public, internal or admin',
    ],
    ['region_name: RegionOne', 'regions: 7', '3: cloud "lab": "regions" must be a list of names'],
    ['verify: false', 'verify: perhaps', '5: cloud "lab": "verify" must be true or false'],
    ['verify: false', 'profile: vexxhost', '5: cloud "lab": "profile" is not read by virtune'],
    ['verify: false', 'auth_type: v3kerberos', '5: cloud "lab": auth_type "v3kerberos" is not supported'],
    ['username: admin', 'system_scope: all', '8: cloud "lab": system_scope: Nova tells'],
    ['username: admin', 'username: [a]', '8: cloud "lab": username must be a text'],
    ['  lab:', '  lab: 7\n  other:', '2: the cloud "lab" must be a map'],
  ])('with %s → %s are refused, with the line', async (before, after, message) => {
    const dir = await tree({ 'clouds.yaml': LAB.replace(before, after), 'secure.yaml': SECURE });
    const found = messages(await load(dir, { names: ['lab'] }));
    expect(found[0]).toContain(message);
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });

  it('that are not there, or not chosen, are told with those that are', async () => {
    const dir = await tree({ 'clouds.yaml': `${LAB}  lab2:\n    region_name: x\n`, 'secure.yaml': SECURE });
    expect(messages(await load(dir))).toEqual(['-: it is not said which cloud is meant: lab, lab2']);
    expect(messages(await load(dir, { names: ['lbo'] }))).toEqual([
      '-: the cloud "lbo" is not in clouds.yaml',
    ]);
    expect((await load(dir, { names: 'all' })).diagnostics.length).toBeGreaterThan(0);
    const none = await loadClouds({ names: 'one', env: {}, home: await tree({}) });
    expect(messages(none)).toEqual(['-: no cloud is declared: there is no clouds.yaml, and no OS_AUTH_URL']);
    expect(messages(await load(await tree({ 'clouds.yaml': 'x: 1' })))[0]).toMatch(
      /^1: .*has no map "clouds"$/,
    );
  });
});
