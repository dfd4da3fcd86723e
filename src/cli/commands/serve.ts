import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { policyInput } from '../../api/guard.ts';
import { localHome } from '../../api/local_user.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { gatesOf } from '../../gates/index.ts';
import { hasErrors, InputError, inputError } from '../../model/diagnostic.ts';
import { type Cloud, openCloud } from '../../openstack/cloud.ts';
import { loadClouds } from '../../project/clouds.ts';
import { unreadFile } from '../../project/files.ts';
import { loadYaml } from '../../project/yaml_file.ts';
import { watchLines } from '../../report/watch_lines.ts';
import { watchMetrics } from '../../watch/metrics.ts';
import { printDiagnostics } from '../diagnostics.ts';
import { addHelp } from '../help.ts';
import { addLockOption, type LockOptions, SERVICE_LOCK_WAIT_SECONDS } from '../lock_option.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addTagOptions,
  addVerifyOption,
  type ForksOptions,
  type InventoryOptions,
  positive,
  type RunningOptions,
  type TagOptions,
  type VerifyOptions,
} from '../options.ts';
import { version } from '../package.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { addRecordOptions, type ReasonOptions, readyRecord, stateOf } from '../record.ts';
import {
  type InventoryIntervalOptions,
  intervalOption,
  inventoryIntervalOption,
  listenOption,
  metricsOption,
  type ReloadOptions,
  reloadOption,
  sayNow as say,
  textOptions,
} from '../service.ts';
import { beginService, gatesNow, recordOfLooks } from '../service_run.ts';
import { vaultOf } from '../vault.ts';
import { addWaiversOption, type WaiverOptions } from '../waivers.ts';
import { openWatched } from '../watch_files.ts';
import { isLoopback, type ListenOn, serveMetrics as serveMetricsAt } from '../watch_http.ts';

interface ServeOptions
  extends InventoryOptions,
    RunningOptions,
    ForksOptions,
    TagOptions,
    ReasonOptions,
    LockOptions,
    PolicyOptions,
    WaiverOptions,
    ReloadOptions,
    VerifyOptions,
    InventoryIntervalOptions {
  readonly listen: ListenOn;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly plainHttp?: boolean;
  readonly db?: string;
  readonly osCloud?: string;
  readonly ceilings?: string;
  readonly proxy?: boolean;
  readonly publicPage?: boolean;
  readonly rateLimit: number;
  readonly keepAudit: number | null;
  readonly keepJobs: number | null;
  readonly interval: number;
  readonly metrics?: ListenOn;
}

export function addServe(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('serve')
    .summary('setInterface and an API over HTTP, and what is set through it kept')
    .description(
      'Does what watch does, and serves setInterface as an action of servers, with an API of its own beside it. What callers set is remembered, and holds until it is withdrawn.',
    )
    .argument('<playbook...>', 'playbooks, all of them at once')
    .addOption(
      new Option('--listen <address>', 'where: 8780, 10.0.0.1:8780, [::]:8780 or unix:/run/virtune.sock')
        .argParser(listenOption('8780'))
        .default({ host: '127.0.0.1', port: 8780 }, '127.0.0.1:8780'),
    )
    .option('--tls-cert <file>', 'certificate, PEM, with those between it and its authority')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--plain-http', 'serve other machines without TLS: something before this does it')
    .addOption(
      new Option(
        '--db <where>',
        'what is remembered: postgres://HOST/NAME, or a folder; default: VIRTUNE_DB, or serve/ in the state folder',
      ).env('VIRTUNE_DB'),
    )
    .option(
      '--os-cloud <name>',
      'the cloud in clouds.yaml whose callers are served; default: OS_CLOUD or OS_*',
    )
    .option('--ceilings <file>', 'what projects may set at most')
    .option(
      '--public-page',
      'show the fleet to everybody who opens the page, without a login; only to look at',
    )
    .option('--proxy', 'hand all other requests to Nova, so that clients need one endpoint')
    .addOption(
      new Option('--rate-limit <n>', 'requests a second of one caller').argParser(positive).default(100),
    )
    .addOption(
      new Option('--keep-audit <days>', 'how long lines of the audit are kept, or forever')
        .argParser(daysOption)
        .default(365),
    )
    .addOption(
      new Option('--keep-jobs <days>', 'how long jobs are kept once they have ended, or forever')
        .argParser(daysOption)
        .default(90),
    )
    .option('-v, --verbose', 'tell of each look, also where nothing differs')
    .addOption(metricsOption())
    .addOption(reloadOption())
    .addOption(intervalOption())
    .addOption(inventoryIntervalOption());
  addLockOption(addRecordOptions(addVerifyOption(command)), SERVICE_LOCK_WAIT_SECONDS);
  addConnectionOptions(
    addInventoryOptions(
      addWaiversOption(addPolicyOptions(addTagOptions(addForksOption(addLimitOption(command))))),
    ),
  ).action(async (playbooks: readonly string[], options: ServeOptions) => {
    exit(await serveUntilStopped(playbooks, options));
  });
  addHelp(command, {
    examples: [
      ['on this machine', 'virtune serve limits.yml -i inventory/ --os-cloud virtune'],
      ['several processes on one PostgreSQL', 'virtune serve limits.yml --db postgres://db/virtune'],
      ['one endpoint for clients of Nova', 'virtune serve limits.yml --proxy'],
    ],
    exits: {
      0: 'it was stopped, by Ctrl-C or SIGTERM, and nothing was left half done',
      1: 'bad input or usage',
    },
    page: 'serve.md',
  });
}

/** Null: for good. */
function daysOption(word: string): number | null {
  return word === 'forever' ? null : positive(word);
}

async function serveUntilStopped(playbooks: readonly string[], options: ServeOptions): Promise<number> {
  const { verbose = false, listen, proxy = false } = options;
  const tls = await tlsOf(options);
  const where = databaseOf(options);
  const [{ serve }, { openDatabase }, { readCeilings }, { identityOf }, { serveMetrics }] = await Promise.all(
    [
      import('../../serve/serve.ts'),
      import('../../serve/store/open.ts'),
      import('../../serve/ceilings.ts'),
      import('../../serve/owner.ts'),
      import('../../serve/metrics.ts'),
    ],
  );
  const files = await openWatched(playbooks, options, async () =>
    options.ceilings === undefined ? [] : readCeilings(await yamlIn(options.ceilings)),
  );
  const cloud = await cloudOf(options);
  const ready = await readyRecord({ ...options, what: 'serve' });
  const database = await openDatabase(where, say).catch((cause: Error) => {
    throw inputError(`the database cannot be used: ${cause.message}`, 'give another one with --db');
  });
  const service = beginService('serve', ready, options);
  const watched = watchMetrics(() => serving?.count() ?? 0);
  const requests = serveMetrics();
  const lines = watchLines(textOptions(false, verbose), (text) => void process.stdout.write(text));
  const metrics =
    options.metrics === undefined
      ? null
      : await serveMetricsAt(options.metrics, { ...watched, text: () => watched.text() + requests.text() });
  let serving: Awaited<ReturnType<typeof serve>> | null = null;
  const reloading = service.reloading({
    ...{ files, metrics: watched },
    take: (looks) => serving?.reload(looks) ?? 0,
    count: () => serving?.count() ?? 0,
  });
  try {
    serving = await serve({
      files: () => {
        const { project, waivers, guard, more: ceilings } = files.now();
        return {
          ...{ plays: project.plays, policy: project.policy, groupsOf: project.groupsOf, ceilings },
          otherGates: () => gatesNow(waivers),
          policyGate: (owner) => {
            const asking =
              owner === null ? guard : { ...guard, identities: [identityOf(owner)], confirmed: () => false };
            return (
              gatesOf({ policy: policyInput(project, false, asking) }).find(
                ({ name }) => name === 'policy',
              ) ?? null
            );
          },
        };
      },
      ...service.fleet,
      kernel: options.verify === 'kernel',
      ...{ cloud, database, listen, tls, say, lock: service.lock },
      record: recordOfLooks(ready, options, () => files.now().project),
      ...{ behindTls: options.plainHttp ?? false, publicPage: options.publicPage ?? false },
      perSecond: options.rateLimit,
      kept: { audit: options.keepAudit, jobs: options.keepJobs },
      forwards: proxy,
      version: version(),
      inventoryClouds: () => files.now().project.clouds,
      goneIntervalMs: options.inventoryInterval * 1000,
      observers: [lines, watched, reloading.refresh],
      counted: requests.counted,
      ended: ({ kind }, state) => requests.ended(kind, state),
    }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.syscall !== 'listen') throw cause;
      throw inputError(`it cannot listen: ${cause.message}`, 'give another address with --listen');
    });
    const own = serving;
    say(
      `Serving ${own.address} for the cloud ${cloud.config.name}; what is set is kept in ${database.name}.`,
    );
    reloading.begun();
    await own.ended;
    return EXIT.ok;
  } finally {
    files.close();
    await service.end();
    await database.close();
    cloud.close();
    metrics?.close();
  }
}

/** A caller waits for these: what takes so long does not come. */
const CLOUD_LIMITS = { deadlineMs: 15_000, maxBytes: 4 * 1024 * 1024, sockets: 32 };
const CLOUD_ATTEMPTS = { tries: 3, baseMs: 100, capMs: 1_000 };

/** @throws InputError */
async function cloudOf(options: ServeOptions): Promise<Cloud> {
  const { clouds, diagnostics } = await loadClouds({
    names: options.osCloud === undefined ? 'one' : [options.osCloud],
    env: process.env,
    home: localHome(process.env),
    vault: await vaultOf(options),
  });
  await printDiagnostics(diagnostics.filter(({ severity }) => severity !== 'error'));
  const [config] = clouds;
  if (hasErrors(diagnostics) || config === undefined) throw new InputError(diagnostics);
  return openCloud(config, { limits: CLOUD_LIMITS, attempts: CLOUD_ATTEMPTS });
}

/** @throws InputError for an address with a password: everybody on this machine could read it in the list of processes */
function databaseOf(options: ServeOptions): string {
  const where = options.db ?? join(stateOf(options), 'serve');
  if (!/^postgres(?:ql)?:/.test(where)) return where;
  if (!URL.canParse(where))
    throw inputError('--db is no address', 'such as postgres://db.example.net/virtune');
  const shown = process.argv.some((word) => word.includes(where));
  if (shown && new URL(where).password !== '')
    throw inputError(
      '--db has a password, which everybody on this machine can read there',
      'put it into ~/.pgpass, PGPASSWORD or VIRTUNE_DB',
    );
  return where;
}

/** @throws InputError */
async function tlsOf({ listen, tlsCert, tlsKey, plainHttp = false }: ServeOptions) {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw inputError('--tls-cert and --tls-key are given together', 'give both or none');
  if (tlsCert === undefined || tlsKey === undefined) {
    if (plainHttp || isLoopback(listen)) return null;
    throw inputError(
      'tokens of callers would cross the network in the clear',
      'give --tls-cert and --tls-key, or --plain-http where something before this does TLS',
    );
  }
  const [cert, key] = await Promise.all([bytesIn(tlsCert, 'certificate'), bytesIn(tlsKey, 'key')]);
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw inputError(
      `${tlsCert} and ${tlsKey} are no certificate with its key: ${(cause as Error).message}`,
      'give a certificate and the key that it was made for, in PEM and without a passphrase',
    );
  }
  return { cert, key };
}

async function bytesIn(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw await unreadFile(cause, file, what);
  }
}

/** @throws InputError */
async function yamlIn(file: string): Promise<unknown> {
  const { value, diagnostics } = await loadYaml(file, 'the ceilings');
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
  return value;
}
