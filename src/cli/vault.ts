import { createVault, type Vault } from '../project/vault.ts';
import { PROMPT, parseVaultSource } from '../project/vault_passwords.ts';
import { askSecret } from './ask_secret.ts';
import type { InventoryOptions } from './options.ts';

/** What opens encrypted files and values: passwords are read or asked for only when something encrypted is met. */
export async function vaultOf(options: InventoryOptions): Promise<Vault> {
  const written = [...(options.vaultId ?? []), ...(options.vaultPasswordFile ?? [])];
  const sources = await Promise.all(written.map(parseVaultSource));
  if (options.askVaultPass) sources.push(PROMPT);
  return createVault(sources, (prompt) => askSecret(prompt, 'give --vault-password-file FILE'));
}
