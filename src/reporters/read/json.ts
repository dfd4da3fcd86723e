import { FAIL_ON } from '../../engine/exit_code.ts';
import { inputError } from '../../model/diagnostic.ts';
import {
  HOST_STATUSES,
  type HostResult,
  type Remedy,
  type RunResult,
  type Total,
} from '../../model/result.ts';
import { WAIVER_STATES, type WaiverUse } from '../../model/waiver.ts';
import { REPORT_SCHEMA } from '../json.ts';
import { baseline, goneVm, vms } from './baseline.ts';
import { pieceReader } from './pieces.ts';
import { resourceReader, rule, waiver } from './resource.ts';
import { shard, shards, unmatchedRule } from './shard.ts';
import {
  byName,
  fields,
  get,
  isTrue,
  list,
  Misfit,
  maybe,
  oneOf,
  type Reader,
  text,
  whole,
} from './values.ts';

/** Reads a report piece by piece. Both throw an InputError for what is no report of this schema. */
export interface ReportReader {
  add(bytes: Uint8Array): void;
  /** Once, after the last bytes. */
  end(): RunResult;
}

/**
 * The way back of {@link jsonReport}: a result of which every format makes the same as of the one that was written.
 * Hosts are read one by one: neither the text nor the document is in memory as a whole.
 * @param file its name, for errors
 */
export function reportReader(file: string): ReportReader {
  const host = hostReader();
  let misfit: Misfit | null = null;
  const reader = pieceReader('hosts', (value, index) => {
    try {
      return misfit === null ? host(value, `hosts[${index}]`) : null;
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      misfit = error;
      return null;
    }
  });
  return {
    add: (bytes) => parsing(file, () => reader.add(bytes)),
    end: () => {
      const { rest, items } = parsing(file, reader.end);
      checkSchema(rest, file);
      try {
        // Of another schema hosts are something else: that is told first.
        if (misfit !== null) throw misfit;
        return run(rest, items?.filter((one) => one !== null) ?? null);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        throw inputError(
          `${file} is not a whole report of this version: ${error.message}`,
          'make it anew: another version, or something else, has written or changed it',
        );
      }
    },
  };
}

function parsing<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw inputError(`${file} is no JSON: ${cause.message}`, HOW);
  }
}

const HOW = 'virtune run … --report json=FILE writes one';

function checkSchema(value: unknown, file: string): void {
  const schema = typeof value === 'object' && value !== null ? (value as { schema?: unknown }).schema : null;
  if (schema === REPORT_SCHEMA) return;
  throw inputError(
    typeof schema === 'string'
      ? `${file} is of another schema: "${schema}", and not "${REPORT_SCHEMA}"`
      : `${file} is no report: it has no schema`,
    HOW,
  );
}

/** @param read hosts that are read already; null where they are not a list */
function run(value: unknown, read: readonly HostResult[] | null): RunResult {
  const from = fields(value, '');
  const head = get(from, 'run', '', fields);
  const said = <T>(name: string, item: Reader<T>): T => get(head, name, 'run', item);
  const mode: RunResult['mode'] = said('mode', oneOf(['apply', 'check']));
  const hosts = read ?? get(from, 'hosts', '', list(hostReader()));
  return {
    id: said('id', text),
    startedAt: said('startedAt', time),
    finishedAt: said('finishedAt', time),
    mode,
    playbooks: said('playbooks', list(text)),
    inventory: said('inventory', list(text)),
    user: said('user', text),
    command: said('command', text),
    ...maybe(head, 'missingOk', 'run', isTrue),
    ...maybe(head, 'strict', 'run', isTrue),
    ...maybe(head, 'failOn', 'run', list(oneOf(FAIL_ON))),
    ...maybe(head, 'at', 'run', text),
    ...maybe(head, 'baseline', 'run', baseline),
    ...maybe(head, 'policies', 'run', list(text)),
    ...maybe(head, 'confirm', 'run', (given, at) => ({ until: get(fields(given, at), 'until', at, time) })),
    ...maybe(head, 'shard', 'run', shard),
    ...maybe(head, 'shards', 'run', shards),
    exitCode: get(from, 'exitCode', '', whole),
    hosts: mode === 'apply' ? hosts.map(withHeld) : hosts,
    unmatchedRules: get(from, 'unmatchedRules', '', list(unmatchedRule)),
    missingDomains: get(from, 'missingDomains', '', list(missingDomain)),
    warnings: get(from, 'warnings', '', list(warning)),
    ...maybe(from, 'gone', '', list(goneVm)),
    ...maybe(from, 'waivers', '', list(waiverUse)),
  };
}

/** What a run that writes leaves pending is for its confirm, whose values are in no report. */
function withHeld(host: HostResult): HostResult {
  if (host.resources.every(({ status }) => status !== 'pending')) return host;
  const resources = host.resources.map((one) => (one.status === 'pending' ? { ...one, held: {} } : one));
  return { ...host, resources };
}

/** Formats compute with it. */
const time: Reader<string> = (value, path) => {
  const said = text(value, path);
  if (Number.isNaN(Date.parse(said))) throw new Misfit(`${path} is not a time`);
  return said;
};

/** Reads hosts; what they have in common they share. */
function hostReader(): Reader<HostResult> {
  const resource = resourceReader();
  return (value, path) => {
    const from = fields(value, path);
    const name = get(from, 'name', path, text);
    return {
      name,
      address: get(from, 'address', path, text),
      hypervisor: get(from, 'hypervisor', path, text),
      status: get(from, 'status', path, oneOf(HOST_STATUSES)),
      ...maybe(from, 'error', path, text),
      ...maybe(from, 'remedy', path, remedy),
      ...maybe(from, 'errorCode', path, text),
      ...maybe(from, 'notes', path, list(text)),
      ...maybe(from, 'ignored', path, isTrue),
      durationMs: get(from, 'durationMs', path, whole),
      totals: get(from, 'totals', path, byName(total)),
      ...maybe(from, 'vms', path, vms),
      resources: get(
        from,
        'resources',
        path,
        list((one, at) => resource(one, at, name)),
      ),
    };
  };
}

const total: Reader<Total> = (value, path) => {
  if (typeof value === 'number') return whole(value, path);
  const from = fields(value, path);
  return { vms: get(from, 'vms', path, whole), read: get(from, 'read', path, byName(whole)) };
};

const remedy: Reader<Remedy> = (value, path) => {
  const from = fields(value, path);
  return {
    error: get(from, 'error', path, text),
    text: get(from, 'text', path, text),
    ...maybe(from, 'command', path, (given, at) => {
      const parts = fields(given, at);
      return {
        before: get(parts, 'before', at, text),
        word: get(parts, 'word', at, text),
        after: get(parts, 'after', at, text),
      };
    }),
  };
};

const waiverUse: Reader<WaiverUse> = (value, path) => {
  const from = fields(value, path);
  return {
    ...waiver(value, path),
    state: get(from, 'state', path, oneOf(WAIVER_STATES)),
    count: get(from, 'count', path, whole),
  };
};

const missingDomain: Reader<RunResult['missingDomains'][number]> = (value, path) => {
  const from = fields(value, path);
  return { domain: get(from, 'domain', path, text), rule: get(from, 'rule', path, rule) };
};

const warning: Reader<RunResult['warnings'][number]> = (value, path) => {
  const from = fields(value, path);
  return {
    severity: 'warning',
    message: get(from, 'message', path, text),
    ...maybe(from, 'hint', path, text),
    ...maybe(from, 'place', path, (given, at) => {
      const place = fields(given, at);
      return {
        file: get(place, 'file', at, text),
        line: get(place, 'line', at, whole),
        column: get(place, 'column', at, whole),
      };
    }),
  };
};
