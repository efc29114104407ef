/** Which names files export, and where one name has several homes. */

const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|interface|type|const|let|enum)\s+([\w$]+)/gm;

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The names that files declare and export, each with its homes. What is only passed on (`export { … } from`) has its home elsewhere. */
export function homesOf(files: readonly SourceText[]): Map<string, string[]> {
  const homes = new Map<string, string[]>();
  for (const { path, text } of files) {
    const names = new Set([...text.matchAll(DECLARATION)].map((match) => match[1] ?? ''));
    for (const name of names) homes.set(name, [...(homes.get(name) ?? []), path]);
  }
  return homes;
}

/** `name: home, home` for each name with more homes than one. */
export function twinsIn(files: readonly SourceText[]): string[] {
  return [...homesOf(files)]
    .filter(([, homes]) => homes.length > 1)
    .map(([name, homes]) => `${name}: ${homes.join(', ')}`);
}

/** The names of code that the rows of a glossary give, by their terms: what stands in backticks in the third column. */
export function codeNamesIn(glossary: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const line of glossary.split('\n')) {
    const [, term = '', , code = ''] = line
      .replaceAll('\\|', '')
      .split('|')
      .map((cell) => cell.trim());
    const found = [...code.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    if (found.length > 0) names.set(term, found);
  }
  return names;
}
