import { oneOf } from '../base/text.ts';
import { Refusal } from './refusal.ts';

/** What a caller names a NIC by: its place in libvirt's order, its MAC, or its Neutron port. */
export type NicName =
  | { readonly by: 'position'; readonly position: number }
  | { readonly by: 'mac'; readonly mac: string }
  | { readonly by: 'port'; readonly port: string };

/** An action of this service, as far as its body alone tells. */
export type Action =
  | {
      readonly what: 'setInterface';
      readonly nic: NicName;
      readonly limits: Readonly<Record<string, unknown>>;
    }
  | { readonly what: 'getInterface'; readonly nic: NicName };

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a set may say; `limits.ts` reads it. */
export const LIMIT_KEYS = ['rate', 'inbound', 'outbound', 'download', 'upload'] as const;

/** The one action of a body. @throws Refusal as Nova refuses what is no action, or several */
export function actionIn(body: unknown): { readonly name: string; readonly value: unknown } {
  const names = isMap(body) ? Object.keys(body) : [];
  const [name] = names;
  if (!isMap(body) || name === undefined || names.length > 1)
    throw new Refusal(400, 'Malformed request body');
  return { name, value: body[name] };
}

/** @returns null for an action that is none of this service's @throws Refusal as Nova's own schemas refuse */
export function readAction(name: string, value: unknown): Action | null {
  if (name !== 'setInterface' && name !== 'getInterface') return null;
  if (!isMap(value)) throw invalid(name, value, `${shown(value)} is not of type 'object'`);
  const allowed = name === 'setInterface' ? ['interface', ...LIMIT_KEYS] : ['interface'];
  const extra = Object.keys(value).filter((key) => !allowed.includes(key));
  if (extra.length > 0) {
    const were = extra.length === 1 ? 'was' : 'were';
    const keys = extra.map((key) => shown(key)).join(', ');
    throw invalid(name, value, `Additional properties are not allowed (${keys} ${were} unexpected)`);
  }
  if (value.interface === undefined) throw invalid(name, value, "'interface' is a required property");
  const nic = nicName(value.interface);
  if (nic === null)
    throw invalid(
      'interface',
      value.interface,
      `${shown(value.interface)} is not a position from 1, a MAC or a port id`,
    );
  if (name === 'getInterface') return { what: name, nic };
  const { interface: _, ...limits } = value;
  if (Object.keys(limits).length === 0)
    throw invalid(name, value, `one of ${oneOf(LIMIT_KEYS.slice(0, 3))} is required`);
  return { what: name, nic, limits };
}

/** How a NIC is named, in a body or a path; null for what names none. */
export function nicName(value: unknown): NicName | null {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1_000)
    return { by: 'position', position: value };
  if (typeof value !== 'string') return null;
  if (/^[1-9]\d{0,2}$/.test(value)) return { by: 'position', position: Number(value) };
  if (MAC.test(value)) return { by: 'mac', mac: value.toLowerCase() };
  return UUID.test(value) ? { by: 'port', port: value.toLowerCase() } : null;
}

/** `nic 2`, `52:54:…`, `port 56da…` */
export function nicText(nic: NicName): string {
  if (nic.by === 'position') return `nic ${nic.position}`;
  return nic.by === 'mac' ? nic.mac : `port ${nic.port}`;
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

function invalid(field: string, value: unknown, why: string): Refusal {
  return new Refusal(400, `Invalid input for field/attribute ${field}. Value: ${shown(value)}. ${why}`);
}

/** As Python would show it, so far as a message needs that, and never more than a line. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'None');
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
