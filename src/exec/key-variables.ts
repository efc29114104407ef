/** Variables with the user's keys: a program that gets the values of one file need not be able to open all others. */

/** Those of SOPS: identities, the files they are in, and the commands that print them. */
const KEYS = /^SOPS_AGE_(?:KEY|SSH_PRIVATE_KEY)(?:_|$)/;

/** Whether a variable is about the user's keys. */
export function isKeyVariable(name: string): boolean {
  return KEYS.test(name.toUpperCase());
}

/** An environment without the variables that are about the user's keys. */
export function withoutKeyVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isKeyVariable(name)));
}

/** What takes those variables out of an environment that a program otherwise gets as it is. */
export function keysTakenOut(env: Readonly<Record<string, string | undefined>>): Record<string, undefined> {
  return Object.fromEntries(
    Object.keys(env)
      .filter(isKeyVariable)
      .map((name) => [name, undefined]),
  );
}
