/** Somebody at the page, without a browser: keeps the cookie, and sends the forms of the page that was opened last. */
export interface Visitor {
  readonly open: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Seen>;
  /** Sends fields with those that are hidden in the form of the last page with this action, and follows where it leads. */
  readonly send: (
    action: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Seen>;
  readonly logIn: (user: { readonly name: string; readonly password: string }) => Promise<Seen>;
  cookie: string;
}

export interface Seen {
  readonly status: number;
  /** Where it leads, before that was followed. */
  readonly led: string | null;
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
}

export function newVisitor(url: string): Visitor {
  let last = '';
  const request = async (path: string, init: RequestInit): Promise<Seen> => {
    const reply = await fetch(`${url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { ...(visitor.cookie === '' ? {} : { cookie: visitor.cookie }), ...init.headers },
    });
    const given = reply.headers.get('set-cookie');
    if (given !== null) visitor.cookie = /Max-Age=0/.test(given) ? '' : (given.split(';')[0] ?? '');
    const text = await reply.text();
    const led = reply.headers.get('location');
    if (led !== null) return { ...(await visitor.open(led)), led };
    last = text;
    return { status: reply.status, led: null, path, headers: reply.headers, text };
  };
  const visitor: Visitor = {
    cookie: '',
    open: (path, headers = {}) => request(path, { headers }),
    send: (action, fields = {}, headers = {}) => {
      const form = last.split('<form ').find((one) => one.includes(`action="${action}"`)) ?? '';
      const hidden = [
        ...(form.split('</form>')[0] ?? '').matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g),
      ].map(
        ([, name = '', value = '']) =>
          [name, value.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')] as const,
      );
      return request(action, {
        method: 'POST',
        body: new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString(),
        headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      });
    },
    logIn: async ({ name, password }) => {
      await visitor.open('/ui/login');
      return visitor.send('/ui/login', { user: name, password, project: '', domain: 'Default' });
    },
  };
  return visitor;
}
