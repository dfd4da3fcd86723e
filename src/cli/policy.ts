import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Guard, osUser } from '../api/guard.ts';
import { oneOf } from '../base/text.ts';
import { askOpenly } from '../connection/keys/ask_person.ts';
import type { Question } from '../gates/gate.ts';
import { inputError } from '../model/diagnostic.ts';
import type { Identity } from '../policy/identity.ts';
import type { Policy } from '../policy/policy.ts';
import { readToken } from '../policy/token.ts';
import { unreadFile } from '../project/files.ts';

export interface PolicyOptions {
  readonly policy?: string;
  readonly identityToken?: string;
  readonly confirm?: readonly string[];
  readonly yes?: boolean;
}

/** Of commands that change something, and of those that look at files. */
export function addPolicyOption(command: Command): Command {
  return command
    .optionsGroup('Policy:')
    .option(
      '--policy <file>',
      'what may be changed; default: VIRTUNE_POLICY, or virtune.policy.yml beside the playbooks and here',
    );
}

/** Of commands that change something. */
export function addPolicyOptions(command: Command): Command {
  return addPolicyOption(command)
    .addOption(
      new Option(
        '--confirm <rule>',
        'changes that this rule of the policy asks about are meant (repeatable)',
      ).argParser((rule, before: readonly string[] = []) => [...before, rule]),
    )
    .option('--yes', 'the same for all rules that ask')
    .option(
      '--identity-token <file>',
      'the ID token of the CI job, for rules about who; default: VIRTUNE_IDENTITY_TOKEN, the token itself',
    );
}

/** What options say where a policy is in force. @throws InputError for what they cannot mean */
export async function guardOf(
  policy: Policy | null,
  { confirm = [], yes = false, identityToken }: PolicyOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Guard> {
  for (const name of confirm) refuseUnknown(name, policy);
  const token = policy === null ? null : await tokenOf(identityToken, env);
  const by = token === null || policy === null ? [] : [believed(token, policy, new Date())];
  return { identities: [osUser(policy), ...by], confirmed: (rule) => yes || confirm.includes(rule), answer };
}

function refuseUnknown(name: string, policy: Policy | null): void {
  const asking = policy?.rules.filter(({ effect }) => effect === 'confirm').map((rule) => rule.name) ?? [];
  if (asking.includes(name)) return;
  const hint =
    policy === null
      ? 'no policy is in force'
      : asking.length === 0
        ? 'no rule of the policy asks'
        : `rules that ask: ${oneOf(asking.map((one) => `"${one}"`))}`;
  throw inputError(`--confirm "${name}": there is no such rule that asks`, hint);
}

async function tokenOf(file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | null> {
  if (file === undefined) return env.VIRTUNE_IDENTITY_TOKEN || null;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw await unreadFile(cause, file, 'identity token');
  }
}

/** @throws InputError for a token that cannot be believed: nobody is to be taken for somebody else, or for nobody */
function believed(token: string, { issuers }: Policy, now: Date): Identity {
  const read = readToken(token, issuers, now);
  if (read.ok) return read.identity;
  throw inputError(`the identity token is not believed: ${read.message}`, read.hint);
}

/** Asks the person at the terminal; in CI, and where nobody sits, the answer is no. */
async function answer({ text }: Question): Promise<boolean> {
  for (;;) {
    const word = (await askOpenly(`${text}\nMake them? (y)es, (n)o: `))?.trim().toLowerCase();
    if (word === 'y' || word === 'yes') return true;
    if (word === undefined || word === 'n' || word === 'no') return false;
  }
}
