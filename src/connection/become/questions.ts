/** What asks for a password in its own words, whatever prompt it was told to use: modules of PAM do. In LC_ALL=C. */
const OTHER_QUESTION = /(?:pass|factor|token|code|response|pin\b)[^\n]*:[ \t]*$/i;

/**
 * Tells from what was said on standard error how many questions for a password are new. Pure, except for what it has
 * counted.
 * @param marker that of BECOME_PROGRAM
 */
export function questions(marker: string): (said: string) => number {
  const prompt = `${marker}:password:`;
  let counted = 0;
  let other = '';
  return (said) => {
    const start = said.indexOf(`${marker}:become\n`);
    if (start < 0) return 0;
    const since = said.slice(start);
    const prompts = since.split(prompt).length - 1;
    const fresh = prompts - counted;
    counted = prompts;
    if (fresh > 0) return fresh;
    const line = since.slice(since.lastIndexOf('\n') + 1);
    // The prompt itself may come in pieces.
    if (line === other || line.includes(marker) || !OTHER_QUESTION.test(line)) return 0;
    other = line;
    return 1;
  };
}
