import { listOf, mapOf } from '../base/json.ts';
import type { Cloud, CloudRequest } from './cloud.ts';
import { CloudError } from './errors.ts';

/** More than any cloud has; a service whose pages never end has a fault. */
const MAX_PAGES = 10_000;

/**
 * A list page by page. The link to the next page (`servers_links`, `links.next`) is followed by its query: its address
 * may be one that only the cloud itself can reach. A status that the request accepts is that of no list at all: there are
 * no pages then. Midway it is an error, since there was a list.
 * @param key under which the answer has the list: `servers`
 * @param cut hears of a list that the service says it has cut short, as Keystone does; without it that is an error
 * @throws CloudError, with the number of the page, where one of them is no answer
 */
export async function* pagesOf(
  cloud: Cloud,
  request: CloudRequest,
  key: string,
  cut?: () => void,
): AsyncGenerator<readonly unknown[]> {
  let query: CloudRequest['query'] = request.query ?? {};
  const seen = new Set<string>();
  for (let page = 1; page <= MAX_PAGES; page++) {
    const wrong = (message: string) =>
      new CloudError(cloud.config.name, 'malformed', `page ${page} of ${request.path} ${message}`);
    const accept = page === 1 ? (request.accept ?? []) : [];
    const { status, body } = await call(cloud, { ...request, query, accept }, page);
    if (status >= 400) return;
    const list = mapOf(body)[key];
    if (!Array.isArray(list)) throw wrong(`has no list "${key}"`);
    if (mapOf(body).truncated === true) {
      if (cut === undefined) throw wrong('is cut short by the service');
      cut();
    }
    yield list;
    const next = nextLink(mapOf(body), key);
    if (next === null) return;
    if (!URL.canParse(next, BASE)) throw wrong('has a link to the next one that is none');
    query = queryOf(new URL(next, BASE));
    const marker = JSON.stringify(query);
    if (seen.has(marker)) throw wrong('leads back to an earlier one');
    seen.add(marker);
  }
  throw new CloudError(cloud.config.name, 'malformed', `${request.path} has more than ${MAX_PAGES} pages`);
}

async function call(cloud: Cloud, request: CloudRequest, page: number) {
  try {
    return await cloud.call(request);
  } catch (error) {
    if (page === 1 || !(error instanceof CloudError)) throw error;
    const { code, status, said } = error;
    const message = error.message.slice(
      `cloud ${error.cloud}: `.length,
      said === '' ? undefined : -2 - said.length,
    );
    throw new CloudError(error.cloud, code, `page ${page} of ${request.path}: ${message}`, { status, said });
  }
}

/** Nova's and Neutron's, or Keystone's. */
function nextLink(body: Readonly<Record<string, unknown>>, key: string): string | null {
  const of = mapOf(listOf(body[`${key}_links`]).find((link) => mapOf(link).rel === 'next'));
  const next = of.href ?? mapOf(body.links).next;
  return typeof next === 'string' ? next : null;
}

/** Links may begin with a slash. */
const BASE = 'http://localhost';

function queryOf({ searchParams }: URL): Record<string, readonly string[]> {
  return Object.fromEntries([...searchParams.keys()].map((key) => [key, searchParams.getAll(key)]));
}
