/** How a completion script says that it is one. */

/** As the last word: SOPS's protocol. */
export const SOPS_WORD = '--generate-bash-completion';
/** How the first word begins in our own scripts; the word at the cursor follows, since PowerShell drops empty arguments. */
export const OWN_WORD = '--generate-completion=';

/** Whether a command line was made by such a script, `--` or not. It must not be run then, as the user has not finished typing it. */
export function isCompletion(words: readonly string[]): boolean {
  return words.at(-1) === SOPS_WORD || words[0]?.startsWith(OWN_WORD) === true;
}
