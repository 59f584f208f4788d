/**
 * A part of the store whose code is loaded by its first call, so that a command that reads one item does not pay for the gate and the
 * history. `members` names all of its methods, each of which answers a promise.
 */
export function lazyPart<S extends object>(
  members: Readonly<Record<keyof S & string, unknown>>,
  load: () => Promise<S>,
): S {
  const part = loadOnce(load);
  const member = (name: string) => {
    return async (...input: readonly unknown[]): Promise<unknown> => {
      const method: unknown = Reflect.get(await part(), name);
      if (typeof method !== "function") throw new TypeError(`${name} is not a method of this part`);
      return Reflect.apply(method, await part(), input);
    };
  };
  // Each name is one of S's and calls S's own method, which the type of `members` checks and the compiler cannot follow.
  return Object.fromEntries(Object.keys(members).map((name) => [name, member(name)])) as S;
}

/** Loads on first use. To import what is there already takes as long as a small read of the database. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}
