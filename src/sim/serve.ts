import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { CipherAlgorithm, KexAlgorithm } from 'ssh2';
import { demoFleet } from './demo_fleet.ts';
import { writeFleetFiles } from './fleet_files.ts';
import { scaleFleet, scaleRules } from './scale_fleet.ts';
import { startSimFleet } from './sshd.ts';

/**
 * A simulated fleet as a process of its own, so that a benchmark measures nothing but the control side:
 *
 *   node dist/sim/serve.js --hosts 1000 --domains 10 --nics 2 --out DIR [--converged 0.5] [--seed N] [--demo]
 *                          [--kex NAME] [--cipher NAME]
 *
 * Writes inventory.yml (with the variable `nic_limits`), known_hosts and id_ed25519 into DIR, prints `ready`, and ends
 * on SIGTERM, on SIGINT or when its standard input ends.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      hosts: { type: 'string', default: '3' },
      domains: { type: 'string', default: '4' },
      nics: { type: 'string', default: '2' },
      converged: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      'no-metadata': { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      kex: { type: 'string' },
      cipher: { type: 'string' },
      out: { type: 'string' },
    },
  });
  if (values.out === undefined) throw new Error('--out DIR is missing');
  const hosts = values.demo
    ? demoFleet()
    : scaleFleet({
        hosts: count('hosts', values.hosts),
        domains: count('domains', values.domains),
        nics: count('nics', values.nics),
        converged: Number(values.converged),
        seed: count('seed', values.seed),
        metadata: !values['no-metadata'],
      });
  const { kex, cipher } = values;
  const algorithms = {
    ...(kex === undefined ? {} : { kex: [kex as KexAlgorithm] }),
    ...(cipher === undefined ? {} : { cipher: [cipher as CipherAlgorithm] }),
  };
  const fleet = await startSimFleet(hosts, { algorithms });
  const rules = values.demo ? [] : [`nic_limits: ${JSON.stringify(scaleRules())}`];
  await writeFleetFiles(fleet, values.out, rules);

  const stop = new AbortController();
  const { signal } = stop;
  const ended = Promise.race([
    once(process, 'SIGTERM', { signal }),
    once(process, 'SIGINT', { signal }),
    once(process.stdin.resume(), 'end', { signal }),
    once(process.stdin, 'close', { signal }),
  ]);
  process.stdout.write('ready\n');
  await ended;
  await fleet.close();
  // Nothing is left to do; a terminal as standard input would keep the process.
  process.exit(0);
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: not a number: ${text}`);
  return number;
}

await main();
