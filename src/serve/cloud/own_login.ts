import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from '../../openstack/cloud.ts';
import { CloudError } from '../../openstack/errors.ts';
import { type Outage, outage } from './outage.ts';

/** Tells whether Keystone says whose tokens are, which each request needs. */
export function keystoneOutage(cloud: Pick<Cloud, 'config'>, say: (text: string) => void): Outage {
  return outage(
    (cause) =>
      `Keystone does not say whose tokens are: ${cause.message}. Until it does, requests get 503; limits are kept all the same. ${adviceOn(cause, cloud.config.name)}`.trim(),
    'Keystone says again whose tokens are.',
    say,
  );
}

function adviceOn(cause: Error, cloud: string): string {
  const code = cause instanceof CloudError ? cause.code : null;
  if (code === 'unreachable' || code === 'timeout')
    return `Check auth_url of the cloud ${cloud} in clouds.yaml, and that this machine reaches it.`;
  if (code === 'unauthorized')
    return `Check user, password and project of the cloud ${cloud} in clouds.yaml.`;
  return code === 'forbidden' ? NEEDS_ROLE : '';
}

const NEEDS_ROLE = 'Its user needs the role service: see docs/serve.md.';

/** Roles that Keystone's usual policy lets ask whose a token is. */
const ASKING = ['service', 'admin'];

/** Between two tries. */
const AGAIN_MS = 15_000;

/**
 * Logs the service in before anybody asks for something, so that whoever starts it hears what is wrong. It is tried until
 * it is done: what keeps limits needs no Keystone.
 */
export async function logInEarly(
  cloud: Pick<Cloud, 'config' | 'session'>,
  keystone: Outage,
  say: (text: string) => void,
  { stopping, againMs = AGAIN_MS }: { readonly stopping: AbortSignal; readonly againMs?: number },
): Promise<void> {
  while (!stopping.aborted) {
    try {
      const { roles } = (await cloud.session()).info;
      keystone.answered();
      if (!ASKING.some((role) => roles.includes(role)))
        say(
          `The login of the cloud ${cloud.config.name} has neither the role service nor admin: by Keystone's usual policy it may not ask whose tokens are, and requests get 503. ${NEEDS_ROLE}`,
        );
      return;
    } catch (cause) {
      keystone.failed(cause as Error);
      await sleep(againMs, undefined, { signal: stopping, ref: false }).catch(() => {});
    }
  }
}
