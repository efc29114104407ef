/** What a service says when it refuses, made fit for an error message. */

const MOST_CHARACTERS = 300;

/** A service's words on one line, without the secrets that some services quote from the request, and not too many. */
export function serviceWords(said: string, secrets: readonly string[] = []): string {
  let words = said;
  for (const secret of secrets) if (secret !== '') words = words.replaceAll(secret, '…');
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}

/** The members of a JSON object; undefined for anything else. Services answer with HTML too. */
export function answerMembers(body: string): ReadonlyMap<string, unknown> | undefined {
  try {
    return objectMembers(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The members of an object within an answer; undefined when it is not one. */
export function objectMembers(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

/** A text member; undefined when it is not text or empty. */
export function textMember(members: ReadonlyMap<string, unknown> | undefined, name: string): string | undefined {
  const value = members?.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
