import { compileGlob, isGlob } from '../base/glob.ts';
import { MAC, normaliseMac } from '../facts/nics.ts';
import { type Change, desiredOf, kernelLack, SIDES } from '../model/change.ts';
import type { BoundWaiver } from '../model/waiver.ts';
import { namesDomain } from '../modules/selectors/words.ts';

/** Whether a waiver covers all that differs in a subject, a part of it, or nothing. */
export type Coverage = 'whole' | 'part' | 'none';

/** What a waiver covers, its words prepared once for a fleet. @returns by the change and all hosts that it is for */
export function coverageOf(waiver: BoundWaiver): (change: Change, hosts: readonly string[]) => Coverage {
  const { hostNames, modules, has = {} } = waiver;
  const domain = waiver.domain === undefined ? () => true : namesDomain(waiver.domain);
  const subject = waiver.subject === undefined ? () => true : anyOf(waiver.subject.map(asReported));
  const setting = waiver.settings === undefined ? () => true : anyOf(waiver.settings);
  return (change, hosts) => {
    if (hostNames !== null && !hosts.some((host) => hostNames.has(host))) return 'none';
    if (modules !== undefined && !modules.includes(change.module)) return 'none';
    if (!domain(change.domain)) return 'none';
    if (!Object.values(change.subject).some((detail) => subject(String(detail)))) return 'none';
    const different = differentOf(change);
    const covered = different.filter(({ name, values }) => {
      if (!setting(name)) return false;
      return !Object.hasOwn(has, name) || values.every((value) => value === has[name]);
    });
    const holds = Object.keys(has).every((name) => covered.some((one) => one.name === name));
    const isAny = waiver.settings === undefined || covered.length > 0;
    if (!holds || !isAny || (covered.length === 0 && different.length > 0)) return 'none';
    return covered.length === different.length ? 'whole' : 'part';
  };
}

/** The settings that are not as desired, with what they have: in libvirt, or else in the kernel. */
function differentOf(change: Change): readonly { readonly name: string; readonly values: unknown[] }[] {
  const lack = change.kernel === undefined ? [] : kernelLack(change.kernel, desiredOf(change, 'live'));
  const inKernel = new Set(lack.flatMap(({ settings }) => settings));
  return change.settings.flatMap((setting) => {
    const { name, desired, kernel = null } = setting;
    const sides = SIDES.filter(
      (side) => desired[side] !== undefined && setting[side] !== undefined && desired[side] !== setting[side],
    );
    if (sides.length > 0) return [{ name, values: sides.map((side) => setting[side]) }];
    return desired.live !== undefined && inKernel.has(name) ? [{ name, values: [kernel] }] : [];
  });
}

/** A MAC, or a glob of some, in whatever form: reports have them in small letters. */
function asReported(word: string): string {
  const mac = normaliseMac(word);
  return MAC.test(mac) || (word.includes(':') && /^[0-9a-f:*?[\]!-]+$/i.test(word)) ? mac : word;
}

function anyOf(words: readonly string[]): (text: string) => boolean {
  const tests = words.map((word) => (isGlob(word) ? compileGlob(word) : (text: string) => text === word));
  return (text) => tests.some((test) => test(text));
}
