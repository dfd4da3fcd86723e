import { createHash } from 'node:crypto';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

export interface Asset {
  /** With a hash of what it is: browsers keep it for good. */
  readonly path: string;
  readonly type: string;
  readonly content: string;
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0550ae"/><path d="M3 5h10M3 8h7M3 11h4" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>';

/** All files that pages load. */
export const ASSETS = {
  style: assetOf('page', 'css', 'text/css; charset=utf-8', STYLE),
  script: assetOf('page', 'js', 'text/javascript; charset=utf-8', SCRIPT),
  icon: assetOf('icon', 'svg', 'image/svg+xml', ICON),
} as const;

function assetOf(name: string, ending: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { path: `/ui/${name}-${hash}.${ending}`, type, content };
}
