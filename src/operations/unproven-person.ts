import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "./context.ts";
import type { Settings } from "./ports/store/project-store.ts";

/** What a strict workspace asks for where only a person may decide. */
export const PROOF = "a person at a terminal or with a token";

/** Whether the caller only says to be a person. A lease proves a run, and nobody has looked yet whether it is one. */
const isAsserted = ({ authority, auth }: Caller): boolean =>
  authority === "human" && auth !== "tty" && auth !== "token";

/** Whether the caller only says to be a person, in a workspace that does not take anybody's word for it. */
export async function isUnproven({ caller, store }: Pick<Context, "caller" | "store">): Promise<boolean> {
  return isAsserted(caller) && (await store.projects.settings()).authority === "strict";
}

/** Refuses with `denied` an unproven person who would let agents work on something, or a command run. */
export async function requireProof(context: Context, what: string): Promise<void> {
  if (await isUnproven(context))
    throw unproven(what, "Do it at a terminal, or file it for the gate with: sluice propose -t TITLE");
}

/** Refuses with `denied` an unproven person who would carry a strict workspace elsewhere. */
export function refuseUnproven(by: Caller, { authority }: Pick<Settings, "authority">, what: string): void {
  if (authority === "strict" && isAsserted(by))
    throw unproven(what, "Do it at a terminal of your own, outside of agents");
}

/** A refusal of what a terminal would prove. @param what `trust a workspace` */
export const unproven = (what: string, hint: string, needed = PROOF): SluiceError =>
  new SluiceError("denied", `Only ${needed} may ${what}; the caller is an asserted human`, {
    hint,
    details: { needed, has: "asserted human" },
  });

/** What a workspace that has become strict says: that it begins, and what a script does from then on. */
export const STRICT_BEGINS = `From now on this workspace is strict: what only a person may do needs ${PROOF}. A script proposes (sluice propose), calls a server with a token, or a person sets: sluice config set authority open`;

/**
 * From the first worker on, what only a person may do needs a terminal or a token: agents run under the same account. A person who
 * has chosen `open` keeps it. Answers whether that begins now.
 */
export async function becomeStrict({ store, caller }: Pick<Context, "caller" | "store">): Promise<boolean> {
  const { isAuthoritySet } = await store.projects.settings();
  if (!isAuthoritySet) await store.projects.setSetting({ by: caller, key: "authority", value: "strict" });
  return !isAuthoritySet;
}
