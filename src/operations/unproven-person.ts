import { SluiceError } from "#domain/errors.ts";
import type { Context } from "./context.ts";

/** What a strict workspace asks for where only a person may decide. */
export const PROOF = "a person at a terminal or with a token";

/** Whether the caller only says to be a person, in a workspace that does not take anybody's word for it. */
export async function isUnproven({ caller, store }: Context): Promise<boolean> {
  if (caller.authority !== "human" || caller.auth !== "asserted") return false;
  return (await store.projects.settings()).authority === "strict";
}

/** Refuses with `denied` an unproven person who would let agents work on something, or a command run. */
export async function requireProof(context: Context, what: string): Promise<void> {
  if (!(await isUnproven(context))) return;
  throw new SluiceError("denied", `Only ${PROOF} may ${what}; the caller is an asserted human`, {
    hint: "Do it at a terminal, or file it for the gate with: sluice propose -t TITLE",
    details: { needed: PROOF, has: "asserted human" },
  });
}

/**
 * From the first worker on, what only a person may do needs a terminal or a token: agents run under the same account. A person who
 * has chosen `open` keeps it.
 */
export async function becomeStrict({ store, caller }: Context): Promise<void> {
  const { isAuthoritySet } = await store.projects.settings();
  if (!isAuthoritySet) await store.projects.setSetting({ by: caller, key: "authority", value: "strict" });
}
