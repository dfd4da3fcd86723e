import { acquireJob, resolveFlags } from './affects.ts';
import type { Call, CommandDef } from './command.ts';
import { findDomain, flag, refusal, required, value } from './command.ts';
import type { NicSpec } from './define.ts';
import { configNic } from './define.ts';
import { emitDeviceAdded } from './events.ts';
import { plugNic, saveDomain, startDomain, stopDomain, unplugNic } from './lifecycle.ts';
import type { SimDomain, SimNetwork } from './model.ts';
import { parseRateString } from './rate_string.ts';

/** Commands that change a domain's or a network's life: no part of virtune's work, but its tests need them. */

const domain = { name: 'domain', kind: 'text', required: true } as const;
const NOT_RUNNING = 'Requested operation is not valid: domain is not running';

interface Change {
  readonly name: string;
  /** The API that is called, here without flags. */
  readonly api: string;
  readonly options?: CommandDef['options'];
  /** With the domain's name. */
  readonly failed: (name: string) => string;
  readonly done: (name: string) => string;
  /** libvirt's message, null when it worked. */
  readonly act: (call: Call, found: SimDomain) => string | null;
}

const change = ({ name, api, options = [], failed, done, act }: Change): CommandDef => ({
  name,
  options: [domain, ...options],
  run: async (call) => {
    const found = findDomain(call);
    if (found === null) return false;
    if (name === 'start' && found.live !== null) {
      call.error('Domain is already active');
      return false;
    }
    const ends = name === 'destroy';
    const error =
      refusal(call, flag(call, 'paused') ? `${api}WithFlags` : api) ??
      (ends ? null : await acquireJob(call, found)) ??
      act(call, found);
    if (error === null) call.print(`${done(found.name)}\n`);
    else call.error(failed(found.name), error);
    return error === null;
  },
});

const whenActive =
  (act: (call: Call, found: SimDomain) => void) =>
  (call: Call, found: SimDomain): string | null => {
    if (found.live === null) return NOT_RUNNING;
    act(call, found);
    return null;
  };

const DOMAIN_CHANGES: readonly Change[] = [
  {
    name: 'start',
    api: 'virDomainCreate',
    options: [{ name: 'paused', kind: 'flag' }],
    failed: (name) => `Failed to start domain '${name}'`,
    done: (name) => `Domain '${name}' started`,
    act: (call, found) => {
      const error = startDomain(call.host, found);
      if (error === null && flag(call, 'paused')) found.state = 'paused';
      return error;
    },
  },
  {
    name: 'destroy',
    api: 'virDomainDestroy',
    failed: (name) => `Failed to destroy domain '${name}'`,
    done: (name) => `Domain '${name}' destroyed`,
    act: whenActive((call, found) => stopDomain(call.host, found)),
  },
  {
    // A guest that obeys at once.
    name: 'shutdown',
    api: 'virDomainShutdown',
    failed: (name) => `Failed to shutdown domain '${name}'`,
    done: (name) => `Domain '${name}' is being shutdown`,
    act: whenActive((call, found) => stopDomain(call.host, found)),
  },
  {
    name: 'managedsave',
    api: 'virDomainManagedSave',
    failed: (name) => `Failed to save domain '${name}' state`,
    done: (name) => `\nDomain '${name}' state saved by libvirt`,
    act: (call, found) => {
      if (found.live === null) return NOT_RUNNING;
      if (!found.persistent)
        return 'Requested operation is not valid: cannot do managed save for transient domain';
      saveDomain(call.host, found);
      return null;
    },
  },
  {
    name: 'suspend',
    api: 'virDomainSuspend',
    failed: (name) => `Failed to suspend domain '${name}'`,
    done: (name) => `Domain '${name}' suspended`,
    act: whenActive((_, found) => {
      found.state = 'paused';
    }),
  },
  {
    name: 'resume',
    api: 'virDomainResume',
    failed: (name) => `Failed to resume domain '${name}'`,
    done: (name) => `Domain '${name}' resumed`,
    act: whenActive((_, found) => {
      found.state = 'running';
    }),
  },
  {
    name: 'undefine',
    api: 'virDomainUndefineFlags',
    failed: (name) => `Failed to undefine domain '${name}'`,
    done: (name) => `Domain '${name}' has been undefined`,
    act: (call, found) => {
      found.persistent = false;
      if (found.live === null) call.host.domains.splice(call.host.domains.indexOf(found), 1);
      return null;
    },
  },
];

const ATTACH: CommandDef = {
  name: 'attach-interface',
  options: [
    domain,
    { name: 'type', kind: 'text', required: true },
    { name: 'source', kind: 'text', required: true },
    ...(['target', 'mac', 'model', 'inbound', 'outbound'] as const).map((name) => ({
      name,
      kind: 'text' as const,
    })),
    ...(['persistent', 'config', 'live', 'current'] as const).map((name) => ({
      name,
      kind: 'flag' as const,
    })),
  ],
  run: (call) => {
    const found = findDomain(call);
    const spec = found && nicFromOptions(call);
    if (found === null || spec === null) return false;
    const error = refusal(call, 'virDomainAttachDevice') ?? attach(call, found, spec);
    if (error === null) call.print('Interface attached successfully\n');
    else call.error('Failed to attach interface', error);
    return error === null;
  },
};

function nicFromOptions(call: Call): NicSpec | null {
  const text = (name: string): string => {
    const given = value(call, name);
    return typeof given === 'string' ? given : '';
  };
  const [type, source] = [required(call, 'type'), required(call, 'source')];
  if (type === null || source === null) return null;
  const rate = (name: 'inbound' | 'outbound') =>
    text(name) === '' ? undefined : parseRateString(text(name), name);
  const [inbound, outbound] = [rate('inbound'), rate('outbound')];
  for (const parsed of [inbound, outbound])
    if (parsed !== undefined && 'error' in parsed) {
      call.error(parsed.error);
      return null;
    }
  return {
    type: type === 'network' || type === 'direct' ? type : 'bridge',
    source: { [type === 'network' ? 'network' : type === 'direct' ? 'dev' : 'bridge']: source },
    target: text('target'),
    model: text('model') || 'rtl8139',
    ...(text('mac') === '' ? {} : { mac: text('mac').toLowerCase() }),
    ...(inbound !== undefined && !('error' in inbound) ? { inbound } : {}),
    ...(outbound !== undefined && !('error' in outbound) ? { outbound } : {}),
  };
}

function attach(call: Call, found: SimDomain, spec: NicSpec): string | null {
  const persistent = flag(call, 'persistent');
  const affects = resolveFlags(found, {
    live: flag(call, 'live') || (persistent && found.live !== null),
    config: flag(call, 'config') || persistent,
  });
  if ('error' in affects) return affects.error;
  const taken = Math.max(2, ...[...(found.config ?? []), ...(found.live ?? [])].map((nic) => nic.slot));
  const nic = { ...configNic(spec, 0, `${found.uuid}/${taken}`), slot: taken + 1 };
  if (affects.live && found.live !== null) {
    const plugged = plugNic(call.host, nic, `net${found.live.length}`);
    if ('error' in plugged) return plugged.error;
    found.live = [...found.live, plugged.nic];
    emitDeviceAdded(call.host, found, plugged.nic.alias);
  }
  if (affects.config) found.config = [...(found.config ?? []), nic];
  return null;
}

const DETACH: CommandDef = {
  name: 'detach-interface',
  options: [
    domain,
    { name: 'type', kind: 'text', required: true },
    { name: 'mac', kind: 'text' },
    ...(['persistent', 'config', 'live', 'current'] as const).map((name) => ({
      name,
      kind: 'flag' as const,
    })),
  ],
  run: (call) => {
    const found = findDomain(call);
    const mac = found && value(call, 'mac');
    if (found === null || typeof mac === 'object') return false;
    const affects = resolveFlags(found, { live: flag(call, 'live'), config: flag(call, 'config') });
    const error = refusal(call, 'virDomainDetachDevice') ?? ('error' in affects ? affects.error : null);
    if (error !== null || 'error' in affects) {
      call.error('Failed to detach interface', error ?? '');
      return false;
    }
    if (affects.live && found.live !== null) {
      for (const nic of found.live) if (nic.mac === mac) unplugNic(call.host, nic);
      found.live = found.live.filter((nic) => nic.mac !== mac);
    }
    if (affects.config) found.config = (found.config ?? []).filter((nic) => nic.mac !== mac);
    call.print('Interface detached successfully\n');
    return true;
  },
};

/** A network that is stopped takes its ports with it, and they do not come back (section 3.6). */
const networkSwitch = (name: string, active: boolean, done: string): CommandDef => ({
  name,
  options: [{ name: 'network', kind: 'text', required: true }],
  run: (call) => {
    const wanted = required(call, 'network');
    const found = call.host.networks.find((network) => network.name === wanted);
    if (wanted === null || found === undefined) return false;
    call.host.networks = call.host.networks.map((n): SimNetwork => (n === found ? { ...n, active } : n));
    for (const [id, port] of call.host.ports) if (port.network === found.name) call.host.ports.delete(id);
    call.print(`Network ${found.name} ${done}\n`);
    return true;
  },
});

export const CHANGE_COMMANDS: readonly CommandDef[] = [
  ...DOMAIN_CHANGES.map(change),
  ATTACH,
  DETACH,
  networkSwitch('net-destroy', false, 'destroyed'),
  networkSwitch('net-start', true, 'started'),
];
