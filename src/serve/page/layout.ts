import { ASSETS } from './assets.ts';
import { type Html, html, named, type Part } from './html.ts';
import type { Viewer } from './viewer.ts';

export interface PageOf {
  readonly title: string;
  /** The entry of the navigation that it belongs to. */
  readonly at?: Section;
  /** Absent before somebody has logged in. */
  readonly viewer?: Viewer | null;
  readonly body: Part;
}

export type Section = 'fleet' | 'drift' | 'limits' | 'servers' | 'jobs';

const SECTIONS: readonly {
  readonly id: Section;
  readonly path: string;
  readonly word: string;
  readonly shown: (viewer: Viewer) => boolean;
}[] = [
  { id: 'fleet', path: '/ui', word: 'Fleet', shown: ({ seesFleet }) => seesFleet },
  { id: 'drift', path: '/ui/drift', word: 'Drift', shown: ({ seesFleet }) => seesFleet },
  { id: 'limits', path: '/ui/limits', word: 'Limits', shown: () => true },
  { id: 'servers', path: '/ui/servers', word: 'Servers', shown: ({ caller }) => caller !== null },
  { id: 'jobs', path: '/ui/jobs', word: 'Jobs', shown: () => true },
];

/** A whole page. All that it loads is this service's own, by the names of {@link ASSETS}. */
export function page({ title, at, viewer = null, body }: PageOf): string {
  const navigation =
    viewer === null
      ? ''
      : html`<nav aria-label="Main"><ul>${SECTIONS.filter(({ shown }) => shown(viewer)).map(
          ({ id, path, word }) =>
            html`<li><a href="${path}"${id === at ? html` aria-current="page"` : ''}>${word}</a></li>`,
        )}</ul></nav>`;
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${named(title)} &middot; virtune</title>
<link rel="stylesheet" href="${ASSETS.style.path}"><link rel="icon" href="${ASSETS.icon.path}" type="image/svg+xml">
<script src="${ASSETS.script.path}" defer></script></head>
<body><a class="skip" href="#main">Skip to the content</a>
<header><div class="bar"><a class="brand" href="/ui">virtune</a>${navigation}${viewer === null ? '' : who(viewer)}</div></header>
<main id="main"><h1>${named(title)}</h1>
${body}</main>
</body></html>
`.toString();
}

function who({ caller, token }: Viewer): Html {
  if (caller === null) return html`<p class="who"><a href="/ui/login">Log in</a></p>`;
  const { user, project, isAdmin } = caller;
  return html`<form class="who" method="post" action="/ui/logout">${hidden(token)}<span>${named(user.name || user.id, 40)}
<span class="dim">in ${named(project.name || project.id, 40)}${isAdmin ? ', as admin' : ''}</span></span> <button type="submit" class="plain">Log out</button></form>`;
}

/** What tells a form of this page from one of somebody else's. */
export function hidden(token: string, more: Readonly<Record<string, string>> = {}): Html {
  const fields = Object.entries({ csrf: token, ...more });
  return html`${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

/** What was not done and why, above all else. */
export function trouble(sentence: string): Html {
  return html`<p class="notice bad" role="alert">${sentence}</p>`;
}

export function notice(sentence: Part): Html {
  return html`<p class="notice">${sentence}</p>`;
}

/**
 * A part of a page that is asked for again and again where scripts run, and a line that says what it shows, for
 * screen readers.
 */
export function live(id: string, body: Part, said = ''): Html {
  return html`<div id="${id}" data-live="${said}">${body}</div>`;
}

/** Where {@link live} says what has changed. Once a page that has such a part. */
export function livePlace(): Html {
  return html`<p id="said" class="unseen" role="status"></p>`;
}
