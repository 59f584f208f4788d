import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { Sha } from "#domain/git-ref/sha.ts";
import type { Context } from "#operations/context.ts";
import { HALF, Host } from "#operations/half.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Store } from "#operations/ports/store.ts";
import { reportedRun } from "#operations/run/reported-run.ts";

/** A rebase or a deploy in progress brings a commit back within a day; after that a person looks. */
const GRACE_MS = 24 * 3_600_000;

const Item = z.int().positive();

const Verdict = z.discriminatedUnion("kind", [
  /** Every target has its result. */
  z.strictObject({ kind: z.literal("seen"), item: Item }),
  /** A person has put these commits on their targets. */
  z.strictObject({ kind: z.literal("landed"), item: Item, commits: z.array(Sha).min(1) }),
  /** A target lost its result, and it stayed away. */
  z.strictObject({ kind: z.literal("gone"), item: Item }),
  /** A target lost the result of a done item. */
  z.strictObject({ kind: z.literal("lost"), item: Item }),
  /** A commit on the target says to close it. */
  z.strictObject({ kind: z.literal("closes"), item: Item, sha: Sha }),
]);
/** What the history of the repositories says of an item. */
export type Verdict = Readonly<z.output<typeof Verdict>>;

const Look = z.strictObject({
  id: z.int().positive(),
  item: Item,
  state: z.enum(["open", "merged", "closed"]),
  /** The commit that the forge made of it. */
  merge: z.string().max(64).optional(),
  /** Why it goes back to agents. */
  back: z
    .strictObject({
      outcome: z.enum(["pr_closed", "changes_requested", "check_failed", "conflict"]),
      reason: z.string(),
    })
    .optional(),
});
/** What a forge says of a pull request. */
export type PullRequestLook = Readonly<z.output<typeof Look>>;

const Refs = z.array(z.string());

export const applyVerdicts = defineOperation({
  ...HALF,
  name: "git.settle",
  summary: "Record what repositories and forges say of items, and let it decide.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    pullRequests: z.array(Look),
    verdicts: z.array(Verdict),
  }),
  /** Of what was done; an item that somebody has moved meanwhile is left to the next scan. */
  output: z.object({ settled: Refs, unlanded: Refs, reopened: Refs, closed: Refs, returned: Refs }),
  errors: ["not_found"],
  run: async (context, { host, pullRequests, verdicts }) => {
    const { store } = context;
    const by = asGit(context, host);
    const refOf = await refWriter(store);
    const done: Done = { settled: [], unlanded: [], reopened: [], closed: [], returned: [] };
    for (const look of pullRequests) {
      const { id, item: itemId, state, merge } = look;
      await store.runs.lookedAtPullRequest({ by, id, itemId, state, merge });
      if (await unlessMoved(store, (own) => sendBack(own, by, look))) done.returned.push(refOf(itemId));
    }
    for (const verdict of verdicts)
      if (await unlessMoved(store, (own) => apply(own, by, verdict)))
        done[LISTS[verdict.kind]].push(refOf(verdict.item));
    return done;
  },
});

type Done = Record<"settled" | "unlanded" | "reopened" | "closed" | "returned", string[]>;

const LISTS = {
  seen: "settled",
  landed: "settled",
  gone: "reopened",
  lost: "unlanded",
  closes: "closed",
} as const satisfies Record<Verdict["kind"], keyof Done>;

/** The history of repositories speaks in git's own name. A token stays on what is written under it. */
export function asGit({ caller: { interface: way, token } }: Context, host: string): Caller {
  return {
    actor: { kind: "system", name: "git" },
    auth: token === undefined ? "asserted" : "token",
    authority: "system",
    interface: way,
    host,
    ...(token === undefined ? {} : { token }),
  };
}

/** One transaction. False where it changed nothing, or somebody has moved the item meanwhile: the next scan sees what they made of it. */
async function unlessMoved(store: Store, change: (store: Store) => Promise<boolean>): Promise<boolean> {
  try {
    return await store.transaction(change);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "conflict") return false;
    throw error;
  }
}

/** Only while the item waits for this very run: whoever has moved it since knows better. */
async function sendBack(store: Store, by: Caller, { item: id, id: pullRequest, back }: PullRequestLook) {
  if (back === undefined) return false;
  const { item } = await store.items.get({ id });
  if (item.state !== "review" || item.phase !== "await_git") return false;
  const own = await store.runs.pullRequests({ itemId: id });
  const runId = own.find((one) => one.id === pullRequest)?.runId;
  if ((await reportedRun(store, id))?.id !== runId) return false;
  await store.claims.return({ by, id, ...back });
  return true;
}

async function apply({ claims, items }: Store, by: Caller, verdict: Verdict): Promise<boolean> {
  const { item: id } = verdict;
  switch (verdict.kind) {
    case "seen": {
      const note = "Seen on the target branch of every repository";
      await claims.advance({ by, id, phase: "await_git", note });
      return true;
    }
    case "landed": {
      const { evidence } = await items.get({ id });
      const known = new Set(evidence.map(({ value }) => value));
      for (const value of verdict.commits.filter((sha) => !known.has(sha)))
        await items.addEvidence({ by, id, kind: "commit", value });
      const note = "A person put it on the target branch of every repository";
      await claims.advance({ by, id, phase: "land", note });
      return true;
    }
    case "gone": {
      await items.reopen({ by, id, reason: "Its commit has been gone from the target for a day" });
      return true;
    }
    case "lost": {
      const reason = "Its commit was reverted, or is no longer on the target branch";
      await items.unland({ by, id, reason, graceMs: GRACE_MS });
      return true;
    }
    case "closes": {
      const evidence = [{ kind: "commit", value: verdict.sha }];
      await items.close({ by, id, reason: `Commit ${verdict.sha} closes it`, evidence });
      return true;
    }
  }
}
