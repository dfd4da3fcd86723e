import { compileGlob, isGlob } from '../base/glob.ts';
import { didYouMeanHint } from '../base/suggest.ts';
import { INSTANT_HINT, parseInstant } from '../base/time/instant.ts';
import type { Value } from '../model/change.ts';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import type { Waiver } from '../model/waiver.ts';
import { MODULES } from '../modules/index.ts';
import { compileSchema } from '../schema/schema.ts';
import { keyPlaceOf, placeOf } from '../yaml/places.ts';
import { waiversSchema } from './schema.ts';

export interface ParsedWaivers {
  readonly waivers: readonly Waiver[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A waiver as the schema lets it through. */
interface RawWaiver {
  readonly owner: string;
  readonly reason: string;
  readonly until: string;
  readonly hosts?: string;
  readonly domain?: string | readonly string[];
  readonly module?: string | readonly string[];
  readonly subject?: string | readonly string[];
  readonly settings?: string | readonly string[];
  readonly has?: Readonly<Record<string, Value>>;
}

const validate = compileSchema(waiversSchema(MODULES.map(({ name }) => name)));

/** Reads a file of waivers. @param value from parseYaml; places come from it */
export function parseWaivers(value: unknown, file: string): ParsedWaivers {
  const start: Place = { file, line: 1, column: 1 };
  const wrong = validate(value, start);
  if (hasErrors(wrong)) return { waivers: [], diagnostics: wrong };
  const list = (value as { readonly waivers: readonly RawWaiver[] | null }).waivers ?? [];
  const diagnostics: Diagnostic[] = [];
  const waivers = list.map((raw, index): Waiver => {
    const place = placeOf(raw) ?? placeOf(list, index) ?? start;
    const refuse = (message: string, at: Place | undefined, hint?: string) =>
      diagnostics.push({ severity: 'error', message, hint, place: at ?? place });
    const end = parseInstant(raw.until);
    if (!end.ok)
      refuse(`"${raw.until}" is no time until which a waiver can hold`, placeOf(raw, 'until'), INSTANT_HINT);
    if (raw.hosts === undefined && raw.domain === undefined)
      refuse('the waiver does not say what it covers', place, 'name hosts, domain, or both ("all", "*")');
    for (const { name, message, hint } of unknownSettings(raw))
      refuse(message, keyPlaceOf(raw.has ?? {}, name) ?? placeOf(raw, 'settings'), hint);
    return waiverOf(raw, place, end.ok ? end.at : 0);
  });
  return { waivers: diagnostics.length > 0 ? [] : waivers, diagnostics };
}

function waiverOf(raw: RawWaiver, place: Place, endsAt: number): Waiver {
  const words = <K extends string>(key: K, given: string | readonly string[] | undefined) =>
    given === undefined
      ? {}
      : ({ [key]: [given].flat() } as unknown as { readonly [k in K]: readonly string[] });
  return {
    owner: raw.owner.trim(),
    reason: raw.reason.trim(),
    until: raw.until.trim(),
    endsAt,
    file: place.file,
    line: place.line,
    place,
    ...(raw.hosts === undefined ? {} : { hosts: raw.hosts }),
    ...words('domain', raw.domain),
    ...words('modules', raw.module),
    ...words('subject', raw.subject),
    ...words('settings', raw.settings),
    ...(raw.has === undefined ? {} : { has: raw.has }),
  };
}

interface Unknown {
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Names of settings that none of its modules has: the waiver would never cover anything. */
function unknownSettings({ module, settings = [], has = {} }: RawWaiver): readonly Unknown[] {
  const modules = module === undefined ? null : [module].flat();
  const names = MODULES.filter(({ name }) => modules?.includes(name) ?? true).flatMap((one) =>
    one.settings.map(({ name }) => name),
  );
  const isKnown = (word: string) => names.some(isGlob(word) ? compileGlob(word) : (name) => name === word);
  return [...[settings].flat(), ...Object.keys(has)]
    .filter((word) => !isKnown(word))
    .map((name) => ({
      name,
      message: `no module that the waiver covers has a setting "${name}"`,
      hint: didYouMeanHint(name, names) ?? 'they are called as in the JSON report, e.g. inbound.average',
    }));
}
