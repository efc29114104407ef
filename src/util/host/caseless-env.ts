/** Variables as Windows has them. */

type Variables = Readonly<Record<string, string | undefined>>;

const views = new WeakMap<Variables, Variables>();

/**
 * The same variables, of which each is found by its name in any case, as in `process.env` there: a copy of that is an object like any other,
 * in which PATH is mostly called `Path`. A name that is there as it is asked for comes first.
 */
export function caseless(env: Variables): Variables {
  const view = views.get(env) ?? viewOf(env);
  views.set(env, view);
  // It is its own.
  views.set(view, view);
  return view;
}

function viewOf(env: Variables): Variables {
  const named = (name: string | symbol): string => {
    const text = String(name);
    if (Object.hasOwn(env, text)) return text;
    const large = text.toUpperCase();
    return Object.keys(env).find((one) => one.toUpperCase() === large) ?? text;
  };
  return new Proxy(env, { get: (_, name) => env[named(name)], has: (_, name) => named(name) in env });
}
