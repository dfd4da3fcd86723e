import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PASSWORD, startFakeCloud } from '../test/openstack/fake_cloud.ts';
import { fleetOf } from '../test/openstack/fleet.ts';
import type { Build } from './build.ts';
import { expectCode, runMeasured } from './process.ts';
import { atMost, busyText, mebibytes, type Row, type Section, seconds } from './table.ts';

const [SERVERS, HOSTS] = [10_000, 200];

/** A cloud as inventory: what it takes to read all servers and ports of one that answers at once. */
export async function benchCloud(build: Build, dir: string): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const busyBefore = await busyText();
  const cloud = await startFakeCloud({ fleet: fleetOf(SERVERS, HOSTS) });
  const auth = {
    ...{ auth_url: cloud.authUrl, username: 'admin', password: PASSWORD, project_name: 'admin' },
    ...{ user_domain_name: 'Default', project_domain_name: 'Default' },
  };
  await writeFile(join(dir, 'clouds.yaml'), JSON.stringify({ clouds: { bench: { auth } } }), { mode: 0o600 });
  const inventory = join(dir, 'openstack.yml');
  await writeFile(inventory, 'plugin: virtune.openstack\nclouds: bench\nclouds_yaml: clouds.yaml\n');
  const rules = [{ match: { server: { project: 'project-1', tags: 'blue' } }, from: 'flavor' }];
  const playbook = join(dir, 'limits.yml');
  await writeFile(playbook, JSON.stringify([{ hosts: 'openstack', tasks: [{ nic_limits: { rules } }] }]));
  const rows: Row[] = [];
  try {
    for (const [what, ...words] of [
      ['all of it listed', 'inventory', '--list'],
      ['validate', 'validate', playbook],
    ] as const) {
      const ran = await runMeasured(build.virtune, ...words, '-i', inventory);
      expectCode(ran, 0, `virtune ${words[0]} of ${SERVERS} servers`);
      rows.push(
        {
          what: `${what}: time`,
          value: seconds(ran.wallMs),
          goal: atMost(ran.wallMs, 20_000, '20 s'),
          detail: `${seconds(ran.cpuMs)} CPU`,
        },
        {
          what: `${what}: peak memory`,
          value: mebibytes(ran.peakBytes),
          goal: atMost(ran.peakBytes, 300 * 1024 * 1024, '300 MiB'),
        },
      );
    }
  } finally {
    await cloud.close();
  }
  return { title: `a cloud of 10,000 servers with two ports each on ${HOSTS} hosts, ${busyBefore}`, rows };
}
