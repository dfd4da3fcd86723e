import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const KEYWORD = 'virtune words';
/** A PNG's last chunk, without data. */
const END = 12;

/** A picture that carries the mark of what it shows, as a text chunk of PNG (W3C PNG, 11.3.3.2). */
export function marked(png: Buffer, mark: string): Buffer {
  const body = Buffer.from(`tEXt${KEYWORD}\0${mark}`, 'latin1');
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, -END), chunk, png.subarray(-END)]);
}

/** Undefined for a picture without. */
export function markOf(png: Buffer): string | undefined {
  return new RegExp(`tEXt${KEYWORD}\0([0-9a-f]+)`).exec(png.toString('latin1'))?.[1];
}

/** Of the words of an HTML page: the same for each run that finds the same. */
export function markOfPage(html: string): string {
  const words = html
    .replaceAll(/<(style|script)\b.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, '\n')
    .replaceAll(
      /\d{4}-\d\d-\d\d [\d:]{8} UTC|\d{8}T\d{9}Z-\w+|by \S+:|\/\S+\/(?=inventory\.yml|report\.html)/g,
      '',
    )
    .replaceAll(/\d+\.\d s\b/g, 's');
  return createHash('sha256').update(words).digest('hex');
}
