import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { HostSource, Vars } from '../model/inventory.ts';

/** What an inventory says, one thing after the other, as it is written: build.ts makes an inventory of it. */
export type Statement =
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'vars'; readonly group: string; readonly vars: Vars }
  | {
      readonly kind: 'child';
      readonly group: string;
      readonly child: string;
      readonly place?: Place | undefined;
    }
  | {
      readonly kind: 'host';
      readonly group: string;
      readonly host: string;
      readonly vars: Vars;
      readonly port: number | null;
      readonly place?: Place | undefined;
      readonly source?: HostSource | undefined;
      /** Does nothing where the host is known already. */
      readonly onlyNew?: boolean;
    }
  | { readonly kind: 'host_vars'; readonly host: string; readonly vars: Vars };

export interface ParsedInventory {
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
}
