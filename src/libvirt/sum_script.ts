/**
 * Whether a VM is as it was when it was read. The text of both descriptions, as a host sent it, has a number. A write
 * names the number for each VM that it touches; the host makes it again of what it then reads under its lock, by the
 * same filter and paths, and does not write to a VM whose number is another one.
 *
 * Only printable ASCII counts. So it does not matter what became of other bytes on their way into a text of ours, nor
 * where a line ends; what libvirt itself prints, values and the names of settings, is ASCII.
 */

/** The largest prime below 2^40: `number * 257 + byte` stays an exact integer in every awk, and in every step of `%`. */
const MODULUS = 1_099_511_627_689;
const FACTOR = 257;

/** The number of a VM that is described like that, in decimal digits: the same as {@link CHANGED} makes on the host. */
export function descriptionSum({ live, config }: { readonly live: string; readonly config: string }): string {
  return textSum(['l', live, 'c', config]);
}

/** The number of texts of which a host makes one, in decimal digits. */
export function textSum(texts: readonly string[]): string {
  let sum = 0;
  for (const text of texts)
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 32 && code < 127) sum = (sum * FACTOR + code) % MODULUS;
    }
  return String(sum);
}

/**
 * Defines `c`: from descriptions as the filter prints them, the UUIDs among `$z`, words `UUID:NUMBER`, whose number is
 * another one, or that are not described at all. A word without a number is held against nothing. Rules of
 * filter_script.ts hold. Variables: O byte of each character · t line, q the VM that it describes, e none, x character ·
 * H numbers by UUID · W words, V a word's two parts.
 */
export const CHANGED =
  'c() { awk -v ORS=" " -v m="$m:" -v k="$z" -v c=%c -v g=%.0f -v s=: "' +
  [
    'BEGIN{for(i=32;i<127;i++)O[sprintf(c,i)]=i;',
    'while((getline t)>0){',
    'if(index(t,m)==1){t=substr(t,length(m)+1);q=e;',
    'if(t~/^[lc]:[0-9a-f]/){q=substr(t,3);t=substr(t,1,1)}else t=e}',
    'if(q==e)continue;h=H[q]+0;',
    'for(i=1;i<=length(t);i++){x=substr(t,i,1);if(x in O)h=(h*257+O[x])%1099511627689}H[q]=h}',
    'n=split(k,W,/ /);',
    'for(i=1;i<=n;i++)if(split(W[i],V,s)>1){if(sprintf(g,H[V[1]])==V[2] e);else print V[1]}}',
  ].join('') +
  '"; }';
