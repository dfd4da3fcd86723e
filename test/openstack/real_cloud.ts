import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, mapOf } from '../../src/base/json.ts';
import { type Cloud, openCloud } from '../../src/openstack/cloud.ts';
import { loadClouds } from '../../src/project/clouds.ts';

/** The lab's cloud, by its own API. */

type Service = 'compute' | 'network' | 'identity';

export interface RealCloud {
  readonly cloud: Cloud;
  readonly get: (service: Service, path: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly post: (
    service: Service,
    path: string,
    body: unknown,
  ) => Promise<Readonly<Record<string, unknown>>>;
  readonly put: (service: Service, path: string, body: unknown) => Promise<void>;
  readonly remove: (service: Service, path: string) => Promise<void>;
  /** The ID of what has this name in a list. */
  readonly idOf: (service: Service, path: string, key: string, name: string) => Promise<string>;
  readonly close: () => void;
}

/** @param name as the lab's clouds.yaml has it */
export async function realCloud(file: string, name: string): Promise<RealCloud> {
  const { clouds, diagnostics } = await loadClouds({ names: [name], file, env: {}, home: '/' });
  if (clouds[0] === undefined) throw new Error(JSON.stringify(diagnostics));
  const cloud = openCloud(clouds[0]);
  const send = async (
    service: Service,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ) => {
    const microversion = service === 'compute' ? '2.90' : undefined;
    return mapOf((await cloud.call({ service, method, path, body, microversion })).body);
  };
  const get: RealCloud['get'] = (service, path) => send(service, 'GET', path);
  return {
    cloud,
    get,
    post: (service, path, body) => send(service, 'POST', path, body),
    put: (service, path, body) => send(service, 'PUT', path, body).then(() => {}),
    remove: (service, path) => send(service, 'DELETE', path).then(() => {}),
    idOf: async (service, path, key, wanted) => {
      const list = (await get(service, path))[key] as readonly { id: string; name: string }[];
      const found = list.find((one) => one.name === wanted);
      if (found === undefined) throw new Error(`${path} has no "${wanted}"`);
      return found.id;
    },
    close: cloud.close,
  };
}

/** Makes a server with a NIC in each of these networks. @returns its ID, once it is active */
export async function makeServer(
  { cloud, post, idOf, get }: RealCloud,
  { name, flavor, networks, tags }: { name: string; flavor: string; networks: string[]; tags: string[] },
): Promise<string> {
  const ids = await Promise.all(networks.map((one) => idOf('network', '/networks', 'networks', one)));
  // Nova tells of images at its oldest microversion, so that Glance need not be asked.
  const images = await cloud.call({ service: 'compute', path: '/images' });
  const { server } = await post('compute', '/servers', {
    server: {
      ...{ name, tags, metadata: { tier: 'gold' } },
      flavorRef: await idOf('compute', '/flavors/detail', 'flavors', flavor),
      imageRef: String(mapOf(listOf(mapOf(images.body).images)[0]).id),
      networks: ids.map((uuid) => ({ uuid })),
    },
  });
  const id = String(mapOf(server).id);
  await untilStatus(get, id, 'ACTIVE');
  return id;
}

/** @param get an admin's where it is to be told what went wrong: Nova tells nobody else */
export async function untilStatus(get: RealCloud['get'], id: string, status: string): Promise<void> {
  for (;;) {
    const { server } = await get('compute', `/servers/${id}`);
    const now = mapOf(server);
    const isDone = now['OS-EXT-STS:task_state'] === null;
    if (now.status === status && isDone) return;
    if (now.status === 'ERROR' && isDone)
      throw new Error(`the server is in error: ${JSON.stringify(now.fault)}`);
    await sleep(500);
  }
}

/** libvirt's words where a queue that it had just made was gone again. */
const TAKEN_AWAY = /\btc (?:qdisc|class|filter) /;

/**
 * An agent with the extension qos and libvirt may set a tap at the same moment, which a VM does not start by. Another
 * hard reboot is what cures that.
 */
export async function hardReboot(admin: RealCloud, demo: RealCloud, id: string): Promise<void> {
  for (let left = 5; ; left--) {
    await demo.post('compute', `/servers/${id}/action`, { reboot: { type: 'HARD' } });
    const error = await untilStatus(admin.get, id, 'ACTIVE').then(
      () => null,
      (why: Error) => why,
    );
    if (error === null) return;
    if (left === 1 || !TAKEN_AWAY.test(error.message)) throw error;
    console.warn(`a hard reboot met the agent, and is made again: ${error.message}`);
  }
}
