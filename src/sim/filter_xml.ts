import { pathsIn } from '../libvirt/filter_script.ts';
/** What is left of one description, and whether it held comments, CDATA or processing instructions. */
export interface Filtered {
  readonly text: string;
  readonly odd: boolean;
}

interface Open {
  readonly name: string;
  readonly path: string;
  readonly kept: boolean;
  /** All below is kept, too. */
  readonly whole: boolean;
  readonly text: boolean;
}

const OUTSIDE: Open = { name: '', path: '', kept: false, whole: false, text: false };

/** A comment, CDATA, a processing instruction, or a tag; then text. */
const TOKEN = /<(?:!--.*?-->|(!\[CDATA\[.*?\]\]>)|\?.*?\?>|((?:[^>"']|"[^"]*"|'[^']*')*>))([^<]*)/gs;

/** What the filter of libvirt/filter_script.ts makes of a well-formed description. */
export function filterXml(xml: string, keep: string): Filtered {
  const wanted = wantedPaths(keep);
  const open: Open[] = [];
  const inside = (): Open => open.at(-1) ?? OUTSIDE;
  let text = '';
  let odd = false;
  for (const [, cdata, tag, tail = ''] of xml.matchAll(TOKEN)) {
    let printed = false;
    if (tag === undefined) {
      odd = true;
      if (cdata !== undefined && inside().text) text += `<${cdata}`;
    } else if (tag.startsWith('/')) {
      printed = inside().kept;
      open.pop();
    } else {
      const element = enter(tag, inside(), wanted);
      printed = element.kept;
      if (!tag.endsWith('/>')) open.push(element);
    }
    if (printed) text += `<${tag}`;
    if (inside().text) text += tail;
    else if (printed) text += '\n';
  }
  return { text, odd };
}

/** Paths to keep, true with their text. */
function wantedPaths(keep: string): Map<string, boolean> {
  const wanted = new Map<string, boolean>();
  for (const path of pathsIn(keep)) {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const each = `/${parts.slice(0, length).join('/')}`;
      wanted.set(each, wanted.get(each) === true || length === parts.length);
    }
  }
  return wanted;
}

function enter(tag: string, parent: Open, wanted: ReadonlyMap<string, boolean>): Open {
  const name = tag.slice(0, tag.search(/[ />]/));
  const path = `${parent.path}/${name.slice(name.indexOf(':') + 1)}`;
  const whole = parent.whole || wanted.has(`${path}/`);
  const kept = whole || wanted.has(path);
  return { name, path: kept ? path : '%c', kept, whole, text: whole || wanted.get(path) === true };
}
