import { type Cloud, openCloud } from '../../openstack/cloud.ts';
import type { CloudConfig } from '../../openstack/config.ts';

/**
 * Which of these servers Nova has no more. Only who is admin is told of every server, so nobody else is believed: the
 * service's own login where it is one, else those with which inventories ask the same cloud.
 * @returns none where nobody can tell
 * @throws CloudError where Keystone or Nova does not answer
 */
export async function deletedServers(
  own: Cloud,
  others: readonly CloudConfig[],
  ids: readonly string[],
): Promise<readonly string[]> {
  const region = await own.region();
  const opened = others.filter(({ authUrl }) => authUrl === own.config.authUrl).map((one) => openCloud(one));
  try {
    const teller = await firstAdmin([own, ...opened.map((cloud) => cloud.in(region))]);
    if (teller === null) return [];
    const deleted: string[] = [];
    for (const id of ids) {
      const { status, body } = await teller.call({
        service: 'compute',
        path: `/servers/${encodeURIComponent(id)}`,
        accept: [404],
      });
      // A balancer that has lost its Nova answers 404, too.
      if (status === 404 && isMap(body) && Object.hasOwn(body, 'itemNotFound')) deleted.push(id);
    }
    return deleted;
  } finally {
    for (const cloud of opened) cloud.close();
  }
}

async function firstAdmin(clouds: readonly Cloud[]): Promise<Cloud | null> {
  for (const cloud of clouds) {
    const { info } = await cloud.session();
    if (info.roles.includes('admin')) return cloud;
  }
  return null;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
