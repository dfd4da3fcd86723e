import type { Files } from '../cases.ts';

/** An inventory that Ansible and virtune are asked about. Unless it says otherwise, their answers are equal. */
export interface CorpusCase {
  readonly name: string;
  readonly files: Files;
  /** Files, folders, or lists with a comma; `hosts.yml` unless given. */
  readonly sources?: readonly string[];
  /** Asked beside `all`, `*` and `ungrouped`. A pair is a pattern and a `--limit`; DIR stands for the folder. */
  readonly patterns?: readonly (string | readonly [string, string])[];
  /** File of the vault's password. */
  readonly vault?: string;
  /**
   * Several groups of one level have children, so that the order of their hosts is undefined in Ansible: with the order
   * in which groups were added it must be virtune's, and without that only the hosts are compared.
   */
  readonly undefinedOrder?: boolean;
  readonly differs?: Difference;
  /** Both refuse it: how virtune's error begins, and where it is. Where Ansible names a line, that is the same one. */
  readonly refused?: readonly [message: string, line: number, column: number];
}

/** Where virtune is not like Ansible on purpose. Both sides are held to what is said here. */
export interface Difference {
  readonly why: string;
  /** The hosts that Ansible finds; null where it cannot read the inventory. */
  readonly ansible: readonly string[] | null;
  /** The hosts that virtune finds, or the start of its first error. */
  readonly virtune: readonly string[] | string;
  /** Variables of a host, where these differ: Ansible's, then virtune's. */
  readonly vars?: readonly [host: string, ansible: object, virtune: object];
}

/** An inventory of one file, `hosts.yml`. */
export function yaml(name: string, text: string, more: Partial<CorpusCase> = {}): CorpusCase {
  return { name, files: { 'hosts.yml': text }, ...more };
}

interface IniMore extends Partial<CorpusCase> {
  /** `hosts` unless given. */
  readonly file?: string;
  /** Files beside it. */
  readonly more?: Files;
}

/** An inventory of one INI file. */
export function ini(
  name: string,
  text: string,
  { file = 'hosts', more = {}, ...rest }: IniMore = {},
): CorpusCase {
  return { name: `INI: ${name}`, files: { [file]: text, ...more }, sources: [file], ...rest };
}
