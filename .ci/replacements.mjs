/**
 * Replacements in texts of others, which must find something: they hang on how packages and tools word things, and a build that passed over a
 * new wording would go without what they are for.
 */

/** Some replacements in many texts, by name. Each has to be found in one text at least, which `check` sees to. */
export class Replacements {
  #idle;

  constructor(...names) {
    this.#idle = new Set(names);
  }

  /** A text with all that fits the pattern replaced. */
  in(text, name, pattern, by) {
    const after = text.replaceAll(pattern, by);
    if (after !== text) this.#idle.delete(name);
    return after;
  }

  /** Throws for those that were found in no text. */
  check() {
    if (this.#idle.size > 0) throw new Error(`nothing was found to replace: ${[...this.#idle].join(', ')}`);
  }
}

/** One text with all that fits replaced. Throws where nothing does. */
export function replaced(text, pattern, by) {
  const after = text.replaceAll(pattern, by);
  if (after === text) throw new Error(`nothing was found to replace: ${pattern}`);
  return after;
}

/** What a plug-in of esbuild has of its bundler, with the build failing in the end if one of its rules has answered nothing. */
export function answering(bundler) {
  const idle = new Set();
  const watched = (on) => (filter, answer) => {
    const name = `${filter.namespace ?? 'file'} ${filter.filter}`;
    idle.add(name);
    on(filter, async (asked) => {
      const given = await answer(asked);
      if (given) idle.delete(name);
      return given;
    });
  };
  bundler.onEnd(({ errors }) => ({ errors: errors.length > 0 ? [] : [...idle].map((name) => ({ text: `no file is found by the rule for ${name}` })) }));
  return { onLoad: watched(bundler.onLoad), onResolve: watched(bundler.onResolve), resolve: bundler.resolve };
}
