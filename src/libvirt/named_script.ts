/**
 * Which rows of the list a read is about, where rules name their VMs one by one. Names are not sent: for each one a
 * number made of its bytes is, and the host makes the same number of each row's name. What is in a row is a hint only:
 * releases pad names, and two names may make one number. So a row too many is described, and for a name without a row
 * all of them are.
 */

/** The part of a name that rows show alike in all releases of virsh: blanks at its end may be its own, or padding. */
const shown = (name: string): string => name.replace(/ +$/, '');

/** The number that stands for a name: the same as {@link NAMED} makes of it on the host. */
export function nameNumber(name: string): number {
  let sum = 0;
  for (const byte of Buffer.from(shown(name))) sum = (sum * 31 + byte) % MODULUS;
  return sum;
}

/** A prime: `sum * 31 + byte` stays an exact integer in every awk. */
const MODULUS = 16777213;

/** A UUID as libvirt prints it. A name that looks like one is sent as it is, too: either may be meant. */
export const PRINTED_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the program's sixth argument says for names and UUIDs. */
export function wordsForHost(words: readonly string[]): string {
  return words.map((word) => (PRINTED_UUID.test(word) ? word : String(nameNumber(word)))).join(' ');
}

/** Begins a row of a VM that is listed and not read. */
export const NOT_READ = '~';

/**
 * Defines `n`, which marks the rows of the list of all domains that the sixth argument does not mean; without rows for
 * all of its names it marks none. What no domain has as its UUID is nowhere on the host, so that it needs no row. Rules
 * of filter_script.ts hold. Variables: D what is meant, F what has a row · t row, u its UUID, x its name, h the name's
 * number · L rows, S those that are not meant.
 */
export const NAMED =
  `q=$6; n() { awk -v m="$m:" -v k="$q" -v c=%c -v b="${NOT_READ}" -v l=all "` +
  [
    'BEGIN{for(i=1;i<256;i++)O[sprintf(c,i)]=i;split(k,W,/ /);for(i in W)D[W[i]];',
    'while((getline t)>0){L[++n]=t;if(index(t,m)==1)a=(t==m l);else if(a&&t~/^[0-9a-f-]+ /){',
    'u=substr(t,1,36);x=substr(t,38);sub(/ +$/,e,x);h=0;',
    `for(i=1;i<=length(x);i++)h=(h*31+O[substr(x,i,1)])%${MODULUS};`,
    'if(h in D)F[h];if((u in D)||(x in D)||(h in D));else S[n]}}',
    'for(i in D)if((i in F)||i~/-/);else z=1;',
    'for(i=1;i<=n;i++)print((z==0&&(i in S)?b:e) L[i])}',
  ].join('') +
  '"; }';
