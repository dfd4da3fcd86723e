import type { Place } from '../model/diagnostic.ts';

/** How to log in to Keystone. What is secret stands in it as it is: it never leaves this room but in a request. */
export type Login =
  | {
      readonly kind: 'password';
      readonly user: Named;
      readonly password: string;
      /** null: the cloud scopes the token by the user's default project. */
      readonly project: Named | null;
    }
  | {
      readonly kind: 'application_credential';
      /** By its ID, or by its name, which is its user's. */
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named };
      readonly secret: string;
    }
  | { readonly kind: 'token'; readonly token: string; readonly project: Named | null };

/** A user or a project: an ID says enough, a name is one of a domain. */
export type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } };

export type Interface = 'public' | 'internal' | 'admin';

/** How an OpenStack cloud is reached. */
export interface CloudConfig {
  /** As clouds.yaml names it; `envvars` where `OS_*` variables say it, as in openstacksdk. */
  readonly name: string;
  /** Keystone's, ending in `/v3`. */
  readonly authUrl: string;
  readonly login: Login;
  /** `region_name`, or all of `regions`; none: the only one that the cloud's catalog has. */
  readonly regions: readonly string[];
  readonly interface: Interface;
  readonly tls: Tls;
  /** Addresses that go before the catalog's: `compute_endpoint_override`. */
  readonly endpoints: Readonly<Partial<Record<Service, string>>>;
  /** Where it is declared. */
  readonly place?: Place | undefined;
}

/** The texts of files, not their names. */
export interface Tls {
  /** Set to false only where clouds.yaml says `verify: false`. */
  readonly verify: boolean;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The services that virtune talks to, by their types in a catalog. */
export type Service = 'identity' | 'compute' | 'network';
