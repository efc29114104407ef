/** Which leaves and comments are encrypted: the six selection rules of SOPS, of which exactly one is in force. */

/** What finds a regular expression in a text; handed in, since the engine is a package. */
export interface TextMatcher {
  /** Whether the expression matches anywhere in the text. */
  test(text: string): boolean;
}

export type SuffixRule = 'unencrypted_suffix' | 'encrypted_suffix';
export type KeyRegexRule = 'unencrypted_regex' | 'encrypted_regex';
export type CommentRegexRule = 'unencrypted_comment_regex' | 'encrypted_comment_regex';

/** The rule in force (docs/format.md#what-is-encrypted). A union, so that two at once cannot be expressed. */
export type EncryptionScope =
  | { readonly rule: SuffixRule; readonly suffix: string }
  | { readonly rule: KeyRegexRule | CommentRegexRule; readonly pattern: TextMatcher };

/**
 * A scope as questions that a walk asks once per key and comment, never once per leaf and ancestor: the walk carries
 * "something above has matched" down the tree, so a leaf costs the same at any depth.
 */
export interface Selector {
  /** Whether this key decides for everything below it. */
  matchesKey(key: string): boolean;
  /** Whether this comment decides for what it stands above. */
  matchesComment(text: string): boolean;
  /** Whether a place is encrypted, given that something in force there matches or that nothing does. */
  selects(matched: boolean): boolean;
  /** Whether a matching comment decides for itself too: the switch line stays readable under both comment rules. */
  readonly commentCountsForItself: boolean;
}

const never = (): boolean => false;

/** The questions of a scope. */
export function selectorOf(scope: EncryptionScope): Selector {
  const encryptsMatches = scope.rule.startsWith('encrypted');
  const selects = encryptsMatches ? (matched: boolean) => matched : (matched: boolean) => !matched;
  const base = { selects, commentCountsForItself: !encryptsMatches, matchesKey: never, matchesComment: never };
  if ('suffix' in scope) return { ...base, matchesKey: (key) => key.endsWith(scope.suffix) };
  const test = (text: string) => scope.pattern.test(text);
  if (scope.rule.endsWith('comment_regex')) return { ...base, matchesComment: test };
  return { ...base, matchesKey: test };
}

/** Whether a comment's own ciphertext would switch encryption off on reading, which makes the file unreadable. */
export function readsAsSwitch(scope: EncryptionScope, ciphertext: string): boolean {
  return scope.rule === 'unencrypted_comment_regex' && scope.pattern.test(ciphertext);
}
