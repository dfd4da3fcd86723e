import { html } from './html.ts';
import { page, trouble } from './layout.ts';
import type { Viewer } from './viewer.ts';
import { code } from './words.ts';

/** Something is not done: why, and a way on. */
export function troublePage(viewer: Viewer | null, title: string, sentence: string, request: string): string {
  return page({
    ...{ title, viewer },
    body: html`${trouble(sentence)}<p><a href="/ui">To the first page</a></p><p class="dim">Request ${code(request)}</p>`,
  });
}
