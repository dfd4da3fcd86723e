import { InvalidArgumentError } from 'commander';
import { ciVariable } from '../base/ci.ts';
import { plural, printable } from '../base/text.ts';
import { askOpenly, hasTerminal } from '../connection/keys/ask_person.ts';
import { counts } from '../engine/failures.ts';
import type { Confirm, MaxFailures, NextBatch } from '../engine/rollout.ts';
import { inputError } from '../model/diagnostic.ts';
import type { HostResult } from '../model/result.ts';

/** So many hosts of a batch are named. */
const NAMED = 3;

/** `3` or `5%` */
export function parseMaxFailures(word: string): MaxFailures {
  const share = /^((?:100|\d{1,2})(?:\.\d+)?)%$/.exec(word);
  if (share !== null && Number(share[1]) <= 100) return { percent: Number(share[1]) };
  if (/^\d{1,6}$/.test(word)) return Number(word);
  throw new InvalidArgumentError('It must be a number of hosts, or a share of them: 3 or 5%.');
}

/**
 * Asks a person before each batch.
 * @throws InputError where there is nobody to ask, or nothing to ask about
 */
export function stepper(check: boolean, ask: typeof askOpenly = askOpenly): Confirm {
  if (check)
    throw inputError('--step asks before a batch is written to, and a check writes nothing', 'leave out one');
  const ci = ciVariable(process.env);
  if (ci !== null)
    throw inputError(`in CI (${ci} is set) nobody is asked, so --step cannot be`, 'leave it out');
  if (!hasTerminal()) throw inputError('there is no terminal to ask at, so --step cannot be', 'leave it out');
  let all = false;
  return async (next) => {
    if (all) return true;
    for (;;) {
      const answer = (await ask(question(next)))?.trim().toLowerCase();
      all = answer === 'a' || answer === 'all';
      if (all || answer === 'y' || answer === 'yes') return true;
      if (answer === undefined || answer === 'n' || answer === 'no') return false;
    }
  };
}

/** `web limits, batch 2 of 3: hv02, hv03. Before: 1 changed, 0 in trouble. Go on? (y)es, (n)o, (a)ll: ` */
export function question({ play, batch, batches, hosts, before }: NextBatch): string {
  const named = hosts.slice(0, NAMED).join(', ');
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : '';
  const which = batches === 1 ? plural(hosts.length, 'host') : `batch ${batch} of ${batches}`;
  return printable(`${play}, ${which}: ${named}${more}. ${sumUp(before)}Go on? (y)es, (n)o, (a)ll: `);
}

function sumUp(before: readonly HostResult[]): string {
  if (before.length === 0) return '';
  const changed = before.filter(({ status }) => status === 'changed').length;
  return `Before: ${changed} changed, ${before.filter(counts).length} in trouble. `;
}
