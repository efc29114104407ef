/** Content in the place of the path of a file that holds it, as when a variable for a path is given a key: messages show paths. */

/** Settings of several lines, JSON, and what secrets begin with: identities of age, PEM, tokens. A folder may stand before it. */
const CONTENT =
  /(?:^|[\\/])\s*(?:[\w."'-]+\s*[:=].*\n|\{\s*["\n]|eyJ[\w-]{8,}\.)|AGE-(?:SECRET-KEY|PLUGIN)-|-----BEGIN /i;

/** Whether a path is none. */
export function isContent(path: string): boolean {
  return CONTENT.test(path);
}

/** A path for messages. */
export function shownPath(path: string): string {
  return isContent(path) ? '(not shown)' : path;
}

/** As the system says that nothing is at a path, without showing it. */
export function noPath(): NodeJS.ErrnoException {
  return Object.assign(new Error('ENOENT: it is named by content and not by a path'), {
    code: 'ENOENT',
    syscall: 'open',
  });
}
