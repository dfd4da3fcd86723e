import { ciVariable } from '../base/ci.ts';
import { askSecret as askPerson } from '../connection/keys/ask_person.ts';
import { inputError } from '../model/diagnostic.ts';

/**
 * Asks the person at the terminal for a secret, without showing what is typed.
 * @param what what it is, e.g. `become password`
 * @param instead how to give it without a terminal
 * @throws InputError where there is nobody to ask, or no answer
 */
export async function askSecret(what: string, instead: string): Promise<string> {
  const ci = ciVariable(process.env);
  const answer = await askPerson(`${what}: `);
  if (answer !== null) return answer;
  if (ci !== null) throw inputError(`in CI (${ci} is set) nobody is asked for the ${what}`, instead);
  throw inputError(`there was no terminal to ask for the ${what}, or no answer`, instead);
}
