import { acquireJob, queryFlags, resolveFlags } from './affects.ts';
import { controllerError, sessionError } from './cgroups.ts';
import type { Call, CommandDef } from './command.ts';
import { exclusive, findDomain, flag, refusal } from './command.ts';
import type { SimDomain } from './model.ts';
import { MAX_QUOTA, setCpu } from './set_cpu.ts';
import type { CpuField, CpuTune } from './tuning.ts';

/** In the order of the table. */
const FIELDS: readonly CpuField[] = [
  'cpu_shares',
  'vcpu_period',
  'vcpu_quota',
  'emulator_period',
  'emulator_quota',
  'global_period',
  'global_quota',
  'iothread_period',
  'iothread_quota',
];

/** `virsh schedinfo`: cmdSchedinfo of virsh 9.0.0. It shows before it sets, and shows again. */
export const SCHEDINFO: CommandDef = {
  name: 'schedinfo',
  options: [
    { name: 'domain', kind: 'text', required: true },
    { name: 'weight', kind: 'number', named: true },
    { name: 'cap', kind: 'number', named: true },
    { name: 'current', kind: 'flag' },
    { name: 'config', kind: 'flag' },
    { name: 'live', kind: 'flag' },
    { name: 'set', kind: 'argv' },
  ],
  run: schedinfo,
};

const API = 'virDomainSetSchedulerParameters';

async function schedinfo(call: Call): Promise<boolean> {
  if (exclusive(call, 'current', 'live') || exclusive(call, 'current', 'config')) return false;
  const domain = findDomain(call);
  if (domain === null) return false;
  const failed = (error: string): boolean => {
    call.error(error);
    return false;
  };
  const kind =
    sessionError(call.host, 'cpu') ?? (domain.live === null ? null : controllerError(call.host, 'cpu'));
  call.print(`Scheduler      : ${kind === null ? 'posix' : 'Unknown'}\n`);
  if (kind !== null) return failed(kind);
  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  const both = flags.live && flags.config;
  const shown = both ? resolveFlags(domain, { live: false, config: false }) : queryFlags(call, domain);
  if ('error' in shown) return failed(shown.error);
  const changes = parseChanges(call.rest);
  if ('error' in changes) return failed(changes.error);
  if (changes.length === 0 && both) return failed('cannot query both live and config at once');
  if (changes.length > 0) {
    const error =
      refusal(call, flags.live || flags.config || flag(call, 'current') ? `${API}Flags` : API) ??
      (await acquireJob(call, domain)) ??
      setCpu(call.host, domain, changes, flags);
    if (error !== null) return failed(error);
  }
  const values = shown.live ? kernelSays(domain) : (domain.configTuning?.cpu ?? {});
  for (const field of FIELDS) call.print(`${field.padEnd(15)}: ${values[field] ?? 0}\n`);
  return true;
}

type Changes = readonly (readonly [CpuField, number])[];

/** `cmdSchedInfoUpdate`: mistakes are told in the table's order, and parameters are sent in the order they were given in. */
function parseChanges(words: readonly string[]): Changes | { readonly error: string } {
  const given = words.map((word) => {
    const equals = word.indexOf('=');
    return equals < 0 ? null : ([word.slice(0, equals), word.slice(equals + 1)] as const);
  });
  const changes: [CpuField, number][] = [];
  for (const field of FIELDS)
    for (const pair of given) {
      if (pair === null) return { error: 'Invalid syntax for --set, expecting name=value' };
      const [name, text] = pair;
      if (name !== field) continue;
      const value = parseValue(text, field.endsWith('quota'));
      if (value === null) {
        const type = field.endsWith('quota') ? 'long long' : 'unsigned long long';
        return { error: `invalid argument: Invalid value for field '${field}': expected ${type}` };
      }
      changes.push([field, value]);
    }
  const unknown = given.find((pair) => FIELDS.every((field) => field !== pair?.[0]));
  if (unknown) return { error: `invalid scheduler option: ${unknown[0]}` };
  const twice = FIELDS.find((field) => changes.filter(([name]) => name === field).length > 1);
  if (twice !== undefined) return { error: `invalid argument: parameter '${twice}' occurs multiple times` };
  const order = given.map((pair) => pair?.[0]);
  return changes.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
}

/** An unsigned number may be negative all the same: it wraps around. */
function parseValue(text: string, signed: boolean): number | null {
  const digits = /^[ \t\n\v\f\r]*([+-]?[0-9]+)$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const value = BigInt(digits);
  if (!signed) return value > 2n ** 64n - 1n ? null : Number(BigInt.asUintN(64, value));
  return value > 2n ** 63n - 1n || value < -(2n ** 63n) ? null : Number(value);
}

/** A running domain's values are the kernel's; without I/O threads theirs are those of the whole VM. */
function kernelSays({ liveTuning }: SimDomain): CpuTune {
  const cpu = liveTuning?.cpu ?? {};
  const quota = (field: CpuField) => ((cpu[field] ?? 0) > 0 ? (cpu[field] ?? 0) : MAX_QUOTA);
  const period = (field: CpuField) => cpu[field] ?? 100_000;
  return {
    cpu_shares: cpu.cpu_shares ?? 100,
    vcpu_period: period('vcpu_period'),
    vcpu_quota: quota('vcpu_quota'),
    emulator_period: period('emulator_period'),
    emulator_quota: quota('emulator_quota'),
    global_period: period('global_period'),
    global_quota: quota('global_quota'),
    iothread_period: period('global_period'),
    iothread_quota: quota('global_quota'),
  };
}
