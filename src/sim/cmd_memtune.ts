import { acquireJob, queryFlags } from './affects.ts';
import { controllerError, sessionError } from './cgroups.ts';
import type { Call, CommandDef } from './command.ts';
import { exclusive, findDomain, flag, numberText, refusal } from './command.ts';
import type { SimDomain } from './model.ts';
import { parseScaled } from './scaled.ts';
import { setMemory } from './set_memory.ts';
import { MEMORY_FIELDS } from './tuning.ts';

const UNLIMITED = 9_007_199_254_740_991n;
const OPTIONS = [...MEMORY_FIELDS, 'min_guarantee'] as const;

/** `virsh memtune`: cmdMemtune of virsh 9.0.0. */
export const MEMTUNE: CommandDef = {
  name: 'memtune',
  options: [
    { name: 'domain', kind: 'text', required: true },
    ...OPTIONS.map((field) => ({ name: field.replaceAll('_', '-'), kind: 'number' as const })),
    { name: 'config', kind: 'flag' },
    { name: 'live', kind: 'flag' },
    { name: 'current', kind: 'flag' },
  ],
  run: memtune,
};

async function memtune(call: Call): Promise<boolean> {
  if (exclusive(call, 'current', 'live') || exclusive(call, 'current', 'config')) return false;
  const domain = findDomain(call);
  if (domain === null) return false;
  const change: Partial<Record<(typeof OPTIONS)[number], number | null>> = {};
  for (const field of OPTIONS) {
    const name = field.replaceAll('_', '-');
    const text = numberText(call, name);
    if (text === undefined) continue;
    const parsed = text === '' ? { error: '' } : parseSize(text);
    if ('error' in parsed) {
      call.error(`Unable to parse integer parameter ${name}`, ...(parsed.error === '' ? [] : [parsed.error]));
      return false;
    }
    change[field] = parsed.kib;
  }
  if (Object.keys(change).length === 0) return query(call, domain);
  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  const error =
    refusal(call, 'virDomainSetMemoryParameters') ??
    (await acquireJob(call, domain)) ??
    (change.min_guarantee === undefined
      ? setMemory(call.host, domain, change, flags)
      : "argument unsupported: parameter 'min_guarantee' not supported");
  if (error === null) return true;
  call.error('Unable to change memory parameters', error);
  return false;
}

/** `vshMemtuneGetSize`: negative is unlimited, a suffix applies to what has one, KiB are rounded up. */
function parseSize(text: string): { readonly kib: number | null } | { readonly error: string } {
  const negative = /^[ \t\n\v\f\r]*-[0-9]+/.exec(text);
  if (negative !== null) return { kib: null };
  const parsed = parseScaled(text, 1024n);
  if ('error' in parsed) return parsed;
  const kib = (parsed.value + 1023n) / 1024n;
  return { kib: kib >= UNLIMITED ? null : Number(kib) };
}

function query(call: Call, domain: SimDomain): boolean {
  const affects = queryFlags(call, domain);
  const session = sessionError(call.host, 'memory');
  if (session !== null || 'error' in affects) {
    const why = session ?? ('error' in affects ? affects.error : '');
    call.error('Unable to get number of memory parameters', why);
    return false;
  }
  const missing = affects.live ? controllerError(call.host, 'memory') : null;
  if (missing !== null) {
    call.error('Unable to get memory parameters', missing);
    return false;
  }
  const memory = (affects.live ? domain.liveTuning : domain.configTuning)?.memory ?? {};
  for (const field of MEMORY_FIELDS) call.print(`${field.padEnd(15)}: ${memory[field] ?? 'unlimited'}\n`);
  return true;
}
