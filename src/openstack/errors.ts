import { printable, shorten } from '../base/text.ts';

/**
 * Why a cloud did not do what it was asked:
 * - unreachable: no connection, a certificate that is not believed, a name that does not resolve
 * - timeout: no whole answer before the deadline
 * - unauthorized, forbidden, not_found: 401, 403, 404
 * - malformed: an answer that is no answer: not JSON, without what was asked for, or too long
 * - no_service: the catalog has no endpoint of that service, region and interface
 * - status: any other status from 400 on
 * - aborted: the caller gave it up
 */
export type CloudErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'malformed'
  | 'no_service'
  | 'status'
  | 'aborted';

/** What went wrong with a request to a cloud. Its message is for people, names the cloud, and holds no secret. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly cloud: string;
  readonly code: CloudErrorCode;
  /** Of the answer; null without one. */
  readonly status: number | null;
  /** What the service says is wrong, without what is secret; '' where it says nothing. */
  readonly said: string;

  constructor(
    cloud: string,
    code: CloudErrorCode,
    message: string,
    { status = null, said = '' }: { readonly status?: number | null; readonly said?: string } = {},
  ) {
    super(`cloud ${cloud}: ${message}${said === '' ? '' : `: ${said}`}`);
    this.cloud = cloud;
    this.code = code;
    this.status = status;
    this.said = said;
  }
}

/** The code of a status from 400 on. */
export function codeOf(status: number): CloudErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'not_found' : 'status';
}

/** A sentence is enough: what is longer is a page of some proxy. */
const LONGEST_SAID = 300;

/**
 * What a service says in the body of an error: Keystone's `error.message`, Nova's `badRequest.message` and others of
 * that shape, Neutron's `NeutronError.message`; '' for other bodies, an HTML page among them.
 * @param secrets texts that must not be seen, should a service repeat them
 */
export function saidIn(body: unknown, secrets: readonly string[]): string {
  const parts = typeof body === 'object' && body !== null ? Object.values(body) : [];
  const message = parts
    .map((part: unknown) =>
      typeof part === 'object' && part !== null ? (part as { message?: unknown }).message : undefined,
    )
    .find((one) => typeof one === 'string');
  return message === undefined ? '' : shorten(printable(withoutSecrets(message, secrets)), LONGEST_SAID);
}

/** Each secret of a text replaced. One of a letter or two would replace everything, and hides nothing. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret.length > 2) shown = shown.split(secret).join('***');
  return shown;
}
