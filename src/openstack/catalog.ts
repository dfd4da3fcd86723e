import { listOf, mapOf, textOf } from '../base/json.ts';
import type { Interface, Service } from './config.ts';

/** What Keystone says of a token, of the service's own and of a caller's. */
export interface TokenInfo {
  readonly userId: string;
  readonly userName: string;
  /** Null for a token that is not scoped to a project. */
  readonly project: { readonly id: string; readonly name: string } | null;
  /** Names, those that a role implies among them. */
  readonly roles: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Changes with each token: the first tells tokens apart without holding them. */
  readonly auditIds: readonly string[];
}

export interface Endpoint {
  readonly type: string;
  readonly region: string;
  readonly interface: string;
  readonly url: string;
}

/** What an answer of Keystone says of a token; null where it does not say who it is of and until when. */
export function tokenInfo(body: unknown): TokenInfo | null {
  const token = mapOf(mapOf(body).token);
  const user = mapOf(token.user);
  const expiresAt = Date.parse(String(token.expires_at));
  if (typeof user.id !== 'string' || Number.isNaN(expiresAt)) return null;
  const project = mapOf(token.project);
  return {
    userId: user.id,
    userName: textOf(user.name),
    project: typeof project.id === 'string' ? { id: project.id, name: textOf(project.name) } : null,
    roles: listOf(token.roles).map((role) => textOf(mapOf(role).name)),
    expiresAt,
    auditIds: listOf(token.audit_ids).map(textOf),
  };
}

/** The endpoints of the catalog that comes with a token. */
export function catalogOf(body: unknown): readonly Endpoint[] {
  return listOf(mapOf(mapOf(body).token).catalog).flatMap((service) => {
    const { type, endpoints } = mapOf(service);
    return listOf(endpoints).flatMap((one) => {
      const { url, interface: side, region_id, region } = mapOf(one);
      if (typeof type !== 'string' || typeof url !== 'string') return [];
      return [{ type, url, interface: textOf(side), region: textOf(region_id ?? region) }];
    });
  });
}

/** The regions in which a catalog has servers, in its order. */
export function regionsOf(catalog: readonly Endpoint[]): readonly string[] {
  return [...new Set(catalog.filter(({ type }) => type === 'compute').map(({ region }) => region))];
}

/** Where a service is reached; what is wrong in words where the catalog does not say. */
export function endpointOf(
  catalog: readonly Endpoint[],
  service: Service,
  region: string,
  side: Interface,
): { readonly url: string } | { readonly problem: string } {
  const ofType = catalog.filter(({ type }) => type === service);
  const what = `its catalog has no ${service} service`;
  if (ofType.length === 0) return { problem: what };
  const inRegion = ofType.filter((one) => one.region === region);
  if (inRegion.length === 0) {
    const regions = [...new Set(ofType.map((one) => one.region))];
    return { problem: `${what} in the region ${region}, only in ${regions.join(', ')}` };
  }
  const found = inRegion.find((one) => one.interface === side);
  if (found !== undefined) return { url: found.url };
  const sides = [...new Set(inRegion.map((one) => one.interface))];
  return { problem: `${what} with the interface ${side}, only ${sides.join(', ')}` };
}
