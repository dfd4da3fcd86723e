import { expect, it } from 'vitest';
import { CloudError, type CloudErrorCode } from '../../../src/openstack/errors.ts';
import { outage } from '../../../src/serve/cloud/outage.ts';
import { keystoneOutage, logInEarly } from '../../../src/serve/cloud/own_login.ts';

const SESSION = { token: 'gAAAA-own', catalog: [] };
const info = (roles: readonly string[]) => ({
  ...{ userId: 'u', userName: 'virtune', project: null, roles, expiresAt: 1, auditIds: [] },
});
const failure = (code: CloudErrorCode, message = 'POST http://k:5000/v3/auth/tokens: no') =>
  new CloudError('lab', code, message);

/** What is said of logins that end like these, one after the other; the last one is let in. */
async function saidOf(causes: readonly Error[], roles: readonly string[]): Promise<readonly string[]> {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const left = [...causes];
  const cloud = {
    config: { name: 'lab' } as never,
    session: async () => {
      const cause = left.shift();
      if (cause !== undefined) throw cause;
      return { ...SESSION, info: info(roles) };
    },
  };
  const options = { stopping: new AbortController().signal, againMs: 0 };
  await logInEarly(cloud, keystoneOutage(cloud, say), say, options);
  return said;
}

it('a login that is let in, and may ask, is nothing to tell of', async () => {
  expect(await saidOf([], ['service'])).toEqual([]);
  expect(await saidOf([], ['admin', 'member', 'reader'])).toEqual([]);
});

it.each([
  ['unreachable', 'Check auth_url of the cloud lab in clouds.yaml, and that this machine reaches it.'],
  ['timeout', 'Check auth_url of the cloud lab in clouds.yaml, and that this machine reaches it.'],
  ['unauthorized', 'Check user, password and project of the cloud lab in clouds.yaml.'],
  ['forbidden', 'Its user needs the role service: see docs/serve.md.'],
] as const)('%s is told once, with what to do, and that it is over', async (code, advice) => {
  expect(await saidOf([failure(code), failure(code), failure(code)], ['service'])).toEqual([
    `Keystone does not say whose tokens are: cloud lab: POST http://k:5000/v3/auth/tokens: no. Until it does, requests get 503; limits are kept all the same. ${advice}`,
    'Keystone says again whose tokens are.',
  ]);
});

it('a login without the role that it needs is told so', async () => {
  expect(await saidOf([], ['member', 'reader'])).toEqual([
    "The login of the cloud lab has neither the role service nor admin: by Keystone's usual policy it may not ask whose tokens are, and requests get 503. Its user needs the role service: see docs/serve.md.",
  ]);
});

it('gives up where the service is stopped', async () => {
  const stopping = new AbortController();
  const said: string[] = [];
  const cloud = {
    config: { name: 'lab' } as never,
    session: async () => {
      stopping.abort();
      throw failure('unreachable');
    },
  };
  const keystone = outage(String, '', (text) => said.push(text));
  await logInEarly(cloud, keystone, () => {}, { stopping: stopping.signal, againMs: 3_600_000 });
  expect(said).toHaveLength(1);
});

it('trouble that comes and goes is told once a minute, another one at once', () => {
  let now = 0;
  const said: string[] = [];
  const one = outage(
    ({ message }) => message,
    'over',
    (text) => said.push(text),
    () => now,
  );
  const next = (): readonly string[] => said.splice(0);
  one.answered();
  expect(next()).toEqual([]);
  one.failed(failure('timeout', 'slow'));
  one.answered();
  expect(next()).toEqual(['cloud lab: slow', 'over']);
  now += 59_999;
  one.failed(failure('timeout', 'slow'));
  one.answered();
  expect(next()).toEqual([]);
  one.failed(failure('unreachable', 'gone'));
  one.failed(failure('timeout', 'slow'));
  expect(next()).toEqual(['cloud lab: gone']);
  one.answered();
  now += 1;
  one.failed(failure('timeout', 'slow'));
  expect(next()).toEqual(['over', 'cloud lab: slow']);
});
