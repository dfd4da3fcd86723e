import { stat } from 'node:fs/promises';
import { inputError } from '../model/diagnostic.ts';

/** Where an inventory is looked for if none is named. */
const DEFAULT_INVENTORY = 'inventory/';

/**
 * The inventory sources to use.
 * @param named as given with -i
 * @throws InputError where there is none
 */
export async function inventorySources(named: readonly string[] | undefined): Promise<readonly string[]> {
  if (named !== undefined) return named;
  if (await stat(DEFAULT_INVENTORY).catch(() => null)) return [DEFAULT_INVENTORY];
  throw inputError(
    'there is no inventory',
    `give one with -i, or hosts themselves with a comma (-i hv01,), or make a folder ${DEFAULT_INVENTORY}`,
  );
}
