import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN, type Started, start } from '../lab.ts';
import { freePort } from '../serve/ports.ts';
import { type Certificate, got } from '../serve/tls.ts';

/** A `virtune serve` beside a real cloud. */
export interface ServedCloud {
  readonly url: string;
  /** What it has said so far. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
}

export interface ServeCloudOptions {
  readonly playbook: string;
  /** Options that name it. */
  readonly inventory: readonly string[];
  readonly cloudsYaml: string;
  /** An address of this machine. */
  readonly address: string;
  /** By TLS; without it in the clear. */
  readonly tls?: Certificate;
  readonly args?: readonly string[];
}

/** Starts one and waits until it has seen all of its hosts. */
export async function serveCloud(options: ServeCloudOptions): Promise<ServedCloud> {
  const { playbook, inventory, cloudsYaml, address, tls, args = [] } = options;
  const listen = `${address}:${await freePort()}`;
  const url = `${tls === undefined ? 'http' : 'https'}://${listen}`;
  const started: Started = start(
    process.execPath,
    [
      ...[MAIN, 'serve', playbook, ...inventory, '--listen', listen, '-v'],
      ...(tls === undefined ? ['--plain-http'] : ['--tls-cert', tls.cert, '--tls-key', tls.key]),
      ...(args.includes('--os-cloud') ? [] : ['--os-cloud', 'service']),
      ...args,
    ],
    { OS_CLIENT_CONFIG_FILE: cloudsYaml, NO_COLOR: '1' },
  );
  let said = '';
  for (const stream of [started.child.stdout, started.child.stderr])
    stream?.on('data', (text: string) => {
      said += text;
    });
  let isOver = false;
  void started.ended.then(() => {
    isOver = true;
  });
  for (;;) {
    if (isOver) throw new Error(`it ended:\n${said}`);
    const health = await got(`${url}/healthz`, tls).then(
      ({ text }) => JSON.parse(text) as { connected: number; hosts: number },
      () => null,
    );
    // Connected, and each looked at once.
    const looks = said.match(/ after it was connected to\)/g)?.length ?? 0;
    if (health !== null && health.connected === health.hosts && looks >= health.hosts) break;
    await sleep(200);
  }
  return {
    url,
    said: () => said,
    stop: async () => {
      started.child.kill('SIGTERM');
      await started.ended;
    },
  };
}
