import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "./context.ts";
import type { WorkspaceAuthority } from "./ports/store/project-store.ts";

/** What a strict workspace asks for where only a person may decide. */
export const PROOF = "a person at a terminal or with a token";

/** What each workspace asks for there. */
const NEEDED = {
  open: "a person",
  strict: PROOF,
  confirmed: "a person at a terminal who gives the workspace's passphrase or key, or one with a token",
} as const satisfies Record<WorkspaceAuthority, string>;

/** Who asks for something, and how they can prove to be a person. */
export interface Asking extends Pick<Context, "caller"> {
  readonly proof?: Context["proof"] | undefined;
}

/** What is known of the workspace that is asked. */
export interface Asked {
  readonly authority: WorkspaceAuthority;
  /** What is kept of its proof. */
  readonly kept: () => Promise<string | undefined>;
}

/** A lease proves a run, and nobody has looked yet whether it is one. */
const needsProof = ({ authority, auth }: Caller): boolean =>
  authority === "human" && auth !== "token" && auth !== "confirmed";

/**
 * The caller, as far as it is proven to be the person it says; a `confirmed` workspace asks for its proof here, each time. Throws what
 * `refuse` makes of what would be needed, and what the caller has.
 */
async function proven(
  { caller, proof }: Asking,
  { authority, kept }: Asked,
  refuse: (needed: string, has: string) => SluiceError,
): Promise<Caller> {
  if (authority === "open" || !needsProof(caller)) return caller;
  const needed = NEEDED[authority];
  if (caller.auth !== "tty") throw refuse(needed, "asserted human");
  if (authority === "strict") return caller;
  const text = await kept();
  const isShown = text !== undefined && proof !== undefined && (await (await proof()).ask(text));
  if (!isShown) throw refuse(needed, "person at a terminal without that proof");
  return { ...caller, auth: "confirmed" };
}

/** The same of the workspace that the context is about. */
export async function provenHere<C extends Pick<Context, "caller" | "proof" | "store">>(
  context: C,
  refuse: (needed: string, has: string) => SluiceError,
): Promise<C> {
  if (!needsProof(context.caller)) return context;
  const { projects } = context.store;
  const { authority } = await projects.settings();
  const caller = await proven(context, { authority, kept: projects.proof }, refuse);
  return { ...context, caller };
}

/** Refuses with `denied` an unproven person who would let agents work on something, or a command run. */
export async function requireProof(
  context: Pick<Context, "caller" | "proof" | "store">,
  what: string,
): Promise<void> {
  await provenHere(context, (needed, has) =>
    unproven(what, "Do it at a terminal, or file it for the gate with: sluice propose -t TITLE", needed, has),
  );
}

/** Refuses with `denied` an unproven person who would carry a workspace elsewhere. */
export async function refuseUnproven(asking: Asking, asked: Asked, what: string): Promise<void> {
  const hint = "Do it at a terminal of your own, outside of agents";
  await proven(asking, asked, (needed, has) => unproven(what, hint, needed, has));
}

/** A refusal of what a proof would allow. @param what `trust a workspace` */
export const unproven = (what: string, hint: string, needed: string, has: string): SluiceError =>
  new SluiceError("denied", `Only ${needed} may ${what}; the caller is ${article(has)}`, {
    hint,
    details: { needed, has },
  });

export const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

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
