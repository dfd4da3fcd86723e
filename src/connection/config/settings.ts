/** What `ssh -G` said about one host: lower case keyword, its values in order. */
export interface SshSettings {
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Settings that a file or an argument makes; all others are OpenSSH's defaults. */
  readonly explicit: ReadonlySet<string>;
}

/** A host as `ssh` would be asked for it. */
export interface SshQuestion {
  /** ansible_host or the inventory name, or a jump host. */
  readonly host: string;
  /** Where variables or flags set them. */
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** Arguments that win over the files. */
  readonly args: readonly string[];
}

/** The settings of a host, or why OpenSSH refuses to tell them. */
export type SshAnswer = SshSettings | { readonly problem: string };

/** Answers by question; undefined when nobody could be asked: there is no OpenSSH client. */
export type SshConfigs = (question: SshQuestion) => SshAnswer | undefined;

/** The same for the same question. */
export function questionKey({ host, user, port, args }: SshQuestion): string {
  return JSON.stringify([host, user ?? null, port ?? null, args]);
}

/** Parses the output of `ssh -G`: a keyword and its value a line, repeated for several values. Pure. */
export function parseSettings(output: string, explicit: ReadonlySet<string>): SshSettings {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const found = /^([a-zA-Z0-9]+) (.*)$/.exec(line);
    if (found === null) continue;
    const keyword = (found[1] as string).toLowerCase();
    const list = values.get(keyword);
    if (list) list.push(found[2] as string);
    else values.set(keyword, [found[2] as string]);
  }
  return { values, explicit };
}

/** The first value; undefined where there is none, or it is the word for none. */
export function setting(settings: SshSettings | null, keyword: string): string | undefined {
  const value = settings?.values.get(keyword)?.[0];
  return value === undefined || value === 'none' || value === '' ? undefined : value;
}

/** All values of a keyword that may be set several times. */
export function settingList(settings: SshSettings | null, keyword: string): readonly string[] {
  return (settings?.values.get(keyword) ?? []).filter((value) => value !== 'none');
}

/** yes, true and the like. */
export function settingTrue(settings: SshSettings | null, keyword: string): boolean {
  return ['yes', 'true'].includes(settings?.values.get(keyword)?.[0] ?? '');
}

/** Whole number from 0; undefined where there is none. */
export function settingNumber(settings: SshSettings | null, keyword: string): number | undefined {
  const value = setting(settings, keyword);
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/** A setting that a file or an argument makes, as a list; undefined where it is the default. */
export function explicitList(settings: SshSettings | null, keyword: string): readonly string[] | undefined {
  if (settings === null || !settings.explicit.has(keyword)) return undefined;
  return setting(settings, keyword)?.split(',');
}
