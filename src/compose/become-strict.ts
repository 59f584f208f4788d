import type { Context } from "#operations/context.ts";

/**
 * From the first worker on, what only a person may do needs a terminal or a token: agents run under the same account. A person who
 * has chosen `open` keeps it.
 */
export async function becomeStrict({ store, caller }: Context): Promise<void> {
  const { isAuthoritySet } = await store.projects.settings();
  if (!isAuthoritySet) await store.projects.setSetting({ by: caller, key: "authority", value: "strict" });
}
