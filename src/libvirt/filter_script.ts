/** Names of devices that the host is asked about: all that libvirt and Nova give them. */
const DEVICE_NAME = '[A-Za-z0-9_][A-Za-z0-9_.+-]*';

/**
 * The filter that a host runs over `virsh dumpxml`: a tokeniser of XML in POSIX awk (mawk, gawk, busybox). It keeps the
 * elements that the program's third argument names, since at many VMs the XML is the cost, and drops comments and
 * processing instructions. It trusts no indentation: what a VM's metadata holds is the VM's own, and libvirt prints
 * comments and CDATA in it as they were given.
 *
 * A path `domain/name` keeps that element with its attributes and text; `domain/cputune/` all that is in it, too. The
 * elements around what is kept are kept as well, without their text. Paths have local names, without a prefix. In an
 * argument `~` stands for the path before it without its last name ({@link pathsWord}): dropbear takes no line of more
 * than 9,000 characters.
 *
 * Of {@link FILTER_LISTS}, with {@link LISTS_FIRST} as the first argument of `f`: the lists of a host come first, line by line, up to the mark
 * `listed`, and are printed as they are. The descriptions after them are marked by names (hint_script.ts): one whose
 * name the list has is printed under that row's UUID, and any other is dropped. It counts as read only where both its
 * descriptions are whole and say that UUID themselves. What of the list does not is told on descriptor 3: `@UUID` of a
 * domain, unless it is among the UUIDs of the second argument, `=UUID` of a network.
 *
 * Rules of script.ts hold. The text stands in double quotes of sh, which leave no `$0` and no string constant to awk, so
 * strings come in by -v and records by `getline t`. Variables:
 * - from sh: m marker; k paths; a, b, h ends of a comment, of CDATA, of a processing instruction; q, r patterns of
 *   what ends an element's name, and of a tag (D, S: the two quotes); s `/`; f `l:UUID` or `c:UUID` of a section
 * - K paths to keep, 1 with their text · d depth · by depth: p path, G name, E whole, T text kept · y what ends the
 *   comment, CDATA or instruction that we are in · u section · N sections with such a thing: they are told on file
 *   descriptor 3, and then counted by libvirt itself
 * - v path of the elements whose host devices are told on descriptor 3 as well, each as `t:NAME`, '' for none (z, A: how
 *   such an element begins, and `t:`), and X the same of elements whose devices are told as `q:UUID:NAME`: only names of a narrow alphabet, since they become words of commands there
 * - of lists: Y the words of LISTS_FIRST, H one by one; F the second argument, S its UUIDs; R rows (`l:UUID`, `n:UUID`),
 *   D so many; J UUID by name; Z the section, once it has said its UUID; C sections that are whole
 *
 * Text before the first marker, and between descriptions, is dropped. A tag that does not fit makes the description
 * malformed (`<<`), so that no reader takes it for whole.
 */
const program = (lists: boolean): string =>
  [
    'BEGIN{',
    'n=sprintf(c,10);w=sprintf(c,34);gsub(/D/,w,r);w=sprintf(c,39);gsub(/S/,w,r);ORS=e;y=m;',
    'I=split(k,W,/ /);for(i=1;i<=I;i++){t=W[i];j=e;if(t~/^~/){j=x;t=substr(t,2)}l=split(t,V,s);',
    'for(o=1;o<=l;o++){x=j;j=j s V[o];K[j]+=(o==l)}}',
    ...(lists ? LISTS : []),
    // M: a mark of virtune's own, which no text of a VM can hold, and what follows it. All begins anew there.
    'for(;;){if(M){',
    ...(lists
      ? MARK
      : ['print n M;while((i=index(M,m))>0)M=substr(M,i+length(m));u=substr(M,1,38);d=0;y=M=e}']),
    'if((getline t)<1)break;if((i=index(t,m))>0){M=substr(t,i);t=substr(t,1,i-1)}',
    'if(y==e){if(t~/^[ -#]--/){y=a;t=substr(t,4)}else if(t~/^[ -#][[]CDATA[[]/)y=b;else if(t~/^[?]/)y=h;if(y==e);else N[u]}',
    'if(y==e);else{i=index(t,y);if(y==b&&T[d])print RS (i?substr(t,1,i+2):t);' +
      'if(i==0)continue;t=substr(t,i+length(y));y=e;if(T[d])print t;continue}',
    'if(match(t,r)==0){print RS RS;continue}',
    'g=substr(t,1,RLENGTH);t=substr(t,RLENGTH+1);',
    'if(index(g,s)==1){P=d>0&&p[d]==c?0:1;if(substr(g,2,length(g)-2)==G[d]&&d>0)d--;else{P=1;g=RS g}if(P)print RS g}',
    'else{match(g,q);x=L=substr(g,1,RSTART-1);sub(/^[^:]*:/,e,x);j=p[d] s x;',
    ...(lists ? ['if(Y&&d==1&&L==H[9]){Z=substr(u,1,2) t;if(Z==u||u~/^n/);else Z=e}'] : []),
    'E[d+1]=(d>0&&E[d])||((j s) in K);P=E[d+1]||(j in K);if(P)print RS g;',
    `if((j==v||j==X)&&u~/^l:/){split(g,B,w);if(B[1]==z&&B[2]~/^${DEVICE_NAME}$/)print e (j==v?A:Q substr(u,3) U) B[2] n | O}`,
    'if(substr(g,length(g)-1,1)==s);else{d++;G[d]=L;p[d]=P?j:c;T[d]=E[d]||(P&&K[j])}}',
    'if(d>0&&T[d])print t;else if(P)print n}',
    'for(u in N)if(u~f)print u n | O',
    ...(lists ? NOT_WHOLE : []),
    '}',
  ].join('');

/** Prints the lists, and keeps what they name. */
const LISTS = [
  'if(Y){split(Y,H,/ /);split(F,W,/ /);for(i in W)S[W[i]];o=RS;RS=n;j=e;',
  'while((getline t)>0){print t n;if(index(t,m)==1){j=substr(t,length(m)+1);if(j==H[3])break}',
  'else if(j==H[1]&&t~/^[0-9a-f-]+ /){split(t,B,/ /);if(length(B[1])==36){if(B[1] in S);else R[++D]=H[4] B[1];',
  'x=substr(t,38);sub(/ +$/,e,x);J[x]=B[1]}}',
  'else if(j==H[2]&&t~/^[0-9a-f-]+/)R[++D]=H[6] substr(t,1,36)}',
  // What a deadline cuts off later must not take the lists with it.
  'fflush();RS=o}',
];

/** A mark, once the section before it has ended: by a name, it becomes one by the UUID of that row, or all is dropped. */
const MARK = [
  'if(d==0&&Z)C[Z];d=0;y=Z=e;x=M;while((i=index(x,m))>0)x=substr(x,i+length(m));u=substr(x,1,38);',
  'if(Y&&u~/^[lc]:/){split(x,B,n);x=substr(B[1],3);if(x in J){u=substr(u,1,2) J[x];M=m u n}else{y=m;M=e}}',
  'if(M)print n M;M=e}',
];

/** Tells what of the lists is not described whole. */
const NOT_WHOLE = [
  ';if(d==0&&Z)C[Z];for(i=1;i<=D;i++){x=R[i];w=substr(x,3);',
  'if((x in C)&&(x~/^n/||(H[5] w) in C));else{x=(x~/^n/?H[8]:H[7]) w n;print x | O}}',
];

/** Paths to keep, as an argument of a program: `domain/name ~uuid network/bridge`. */
export function pathsWord(keep: readonly string[]): string {
  let folder = '';
  const words = keep.map((path) => {
    const word = folder !== '' && path.startsWith(folder) ? `~${path.slice(folder.length)}` : path;
    folder = folderOf(path);
    return word;
  });
  return words.join(' ');
}

/** Such an argument's paths in full. */
export function pathsIn(word: string): readonly string[] {
  let folder = '';
  return word.split(' ').map((each) => {
    const path = each.startsWith('~') ? folder + each.slice(1) : each;
    folder = folderOf(path);
    return path;
  });
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

const defined = (lists: boolean): string =>
  'w=$3 z= X=; f() { awk -v RS="<" -v m="$m:" -v k="$w" -v a="-->" -v b="]]>" -v h="?>" -v s=/ -v c=%c -v q="[ />]"' +
  ' -v r="^([^>DS]|D[^D]*D|S[^S]*S)*>" -v f="^[lc]:[0-9a-f]" -v O="cat >&3" -v v="$z" -v z="target dev=" -v A=t:' +
  ` -v X="$X" -v Q=q: -v U=: ${lists ? '-v Y="$1" -v F="$2" ' : ''}"${program(lists)}"; }`;

/** Defines `f`, the filter, by `$m`, the marker, and the program's third argument, the paths to keep. */
export const FILTER = defined(false);

/** The same, which can take lists first. */
export const FILTER_LISTS = defined(true);

/** The first argument of `f` where the lists of a host come before the descriptions. */
export const LISTS_FIRST = 'all nets listed l: c: n: @ = uuid';
