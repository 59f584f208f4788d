import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { formatRef, runRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import type { CommitRef, IndexedCommit } from "#operations/ports/store/commit-store.ts";
import type { LandingIntent, Run } from "#operations/ports/store/run-store.ts";
import { findItem, refWriter } from "#operations/item/item-ref.ts";

const WhoItem = z.object({
  ref: z.string(),
  title: z.string(),
  state: z.string(),
  /** `landing`: the product put this commit on a branch; `ref`: its message names the item. */
  via: z.enum(["landing", "ref"]),
  sub: z.array(z.string()),
  run: z.string().optional(),
  runner: z.string().optional(),
  holder: z.string().optional(),
  plan_version: z.int().optional(),
  landed: z.object({ target: z.string(), state: z.string() }).optional(),
  created_by: z.string(),
  approved_by: z.string().optional(),
  granted_by: z.string().optional(),
  decisions: z.array(
    z.object({
      question: z.string(),
      answer: z.string(),
      reason: z.string().optional(),
      by: z.string().optional(),
    }),
  ),
});

const WhoCommit = z.object({
  sha: z.string(),
  repo: z.string(),
  subject: z.string(),
  author: z.string(),
  authored_at: IsoTime,
  items: z.array(WhoItem),
});

export const whoCommit = defineOperation({
  name: "who",
  summary: "Explain a commit: its item, who did it, why, and who approved it.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    sha: z
      .string()
      .regex(/^[0-9a-fA-F]{7,64}$/, "7 to 64 hexadecimal digits of a commit")
      .describe("A commit, at least its first 7 digits"),
  }),
  output: z.object({ commits: z.array(WhoCommit) }),
  errors: ["not_found"],
  positional: ["sha"],
  examples: [{ command: "sluice who 1a2b3c4", does: "Explain a commit" }],
  run: async (context, { sha }) => {
    const found = await context.store.commits.find({ sha: sha.toLowerCase() });
    if (found.length === 0)
      throw new SluiceError("not_found", `No commit that begins with ${sha} is in the index`, {
        hint: "Read the repositories first: sluice git scan",
        details: { sha },
      });
    return { commits: await Promise.all(found.map((commit) => explain(context, commit))) };
  },
});

type Found = IndexedCommit & { readonly refs: readonly CommitRef[] };

async function explain(context: Context, commit: Found): Promise<z.input<typeof WhoCommit>> {
  const { store, caller } = context;
  const repo = await store.projects.repoById({ id: commit.repoId, host: caller.host });
  const landings = await store.runs.landings({ sha: commit.sha });
  const named = await namedItems(context, commit.refs);
  const ids = [...new Set([...landings.map(({ itemId }) => itemId), ...named.keys()])];
  return {
    sha: commit.sha,
    repo: repo.alias,
    subject: commit.subject,
    author: `${commit.authorName} <${commit.authorEmail}>`,
    authored_at: isoTime(commit.authoredAt),
    items: await Promise.all(
      ids.map((id) => {
        const landing = landings.find(({ itemId }) => itemId === id);
        return whoItem(context, { id, landing, sub: named.get(id) ?? [], sha: commit.sha });
      }),
    ),
  };
}

/** Items that a message names, with the parts of them it names; a ref that names nothing is left out. */
async function namedItems(
  { store }: Context,
  refs: readonly CommitRef[],
): Promise<Map<number, readonly string[]>> {
  const named = new Map<number, readonly string[]>();
  for (const { prefix, number, sub } of refs) {
    const id = await findItem(store, formatRef(prefix, number));
    if (id === undefined) continue;
    const parts = sub === "" ? [] : sub.split("/");
    named.set(id, [...(named.get(id) ?? []), ...parts]);
  }
  return named;
}

interface WhoRequest {
  readonly id: number;
  readonly landing: LandingIntent | undefined;
  readonly sub: readonly string[];
  readonly sha: string;
}

async function whoItem(context: Context, request: WhoRequest): Promise<z.input<typeof WhoItem>> {
  const { store } = context;
  const { id, landing, sub } = request;
  const detail = await store.items.get({ id });
  const [run, approver, refOf] = await Promise.all([
    runOf(context, request),
    detail.candidateId === null ? undefined : store.gate.get({ id: detail.candidateId }),
    refWriter(store),
  ]);
  return {
    ref: refOf(id),
    title: detail.item.title,
    state: detail.item.state,
    via: landing === undefined ? "ref" : "landing",
    sub: [...sub],
    run: run === undefined ? undefined : runRef(run.id),
    runner: run?.runner ?? undefined,
    holder: run?.holder,
    plan_version: run?.planVersion ?? undefined,
    landed: landing === undefined ? undefined : { target: landing.target, state: landing.state },
    created_by: detail.item.createdBy,
    approved_by: approver?.decidedBy ?? undefined,
    granted_by: detail.grantBy ?? undefined,
    decisions: detail.questions.flatMap(({ question, answer, reason, answeredBy }) =>
      answer === null ? [] : [{ question, answer, reason: reason ?? undefined, by: answeredBy ?? undefined }],
    ),
  };
}

/** The run that made the commit: the one that landed it, else the one whose branch ended in it. A mention alone proves no run. */
async function runOf({ store }: Context, { id, landing, sha }: WhoRequest): Promise<Run | undefined> {
  if (landing !== undefined) return await store.runs.get({ id: landing.runId });
  const { items } = await store.runs.list({ itemId: id, page: { limit: 100 } });
  return items.find((run) => run.repos.some((repo) => repo.headSha === sha));
}
