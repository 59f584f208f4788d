import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { formatRef, runRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { ask, HALF, Host, record } from "#operations/half.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { findItem, refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { CommitRef, IndexedCommit } from "#operations/ports/store/commit-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { LandingIntent, Run } from "#operations/ports/store/run-store.ts";

const WhoItem = z.object({
  ref: z.string(),
  title: z.string(),
  state: z.string(),
  /** `landing`: a worker put this commit on its target; `result`: a run left it; `ref`: its message names the item. */
  via: z.enum(["landing", "result", "ref"]),
  sub: z.array(z.string()),
  run: z.string().optional(),
  runner: z.string().optional(),
  holder: z.string().optional(),
  plan_version: z.int().optional(),
  /** What the run said of its result. */
  note: z.string().optional(),
  /** Where a worker put it; absent where it did not come to that. */
  landed: z.object({ target: z.string() }).optional(),
  created_by: z.string(),
  proposed_by: z.string().optional(),
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
  parents: z.array(z.string()),
  repo: z.string(),
  subject: z.string(),
  author: z.string(),
  authored_at: IsoTime,
  items: z.array(WhoItem),
});

const PREFIX = /^[0-9a-f]{7,64}$/i;
const ITEM = /^[A-Z][A-Z0-9]{0,9}-[1-9][0-9]*$/;
/** Of an item: its newest commits. */
const MOST = 50;

export const whoCommit = defineOperation({
  name: "who",
  summary: "Explain a commit: its item, who did it, why, and who approved it.",
  description:
    "A commit by at least its first 7 digits, a branch, a tag or `HEAD` of the repository around the current folder, or an item, whose commits are then explained. A commit that was rebased keeps the run that made it.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({
    of: z.string().min(1).max(250).describe("A commit, branch, tag, HEAD or item"),
  }),
  output: z.object({ commits: z.array(WhoCommit) }),
  errors: ["not_found"],
  positional: ["of"],
  examples: [
    { command: "sluice who 1a2b3c4", does: "Explain a commit" },
    { command: "sluice who HEAD", does: "Explain the last commit here" },
    { command: "sluice who OB-12", does: "Explain the commits of an item" },
  ],
  run: async (context, { of }) => {
    const { host } = context.caller;
    const shas = ITEM.test(of) ? [] : [PREFIX.test(of) ? of.toLowerCase() : await resolved(context, of)];
    const asked = { host, shas, ...(ITEM.test(of) ? { item: of } : {}) };
    const first = await ask(context, explainCommits, { ...asked, made: [] });
    const made = await sameChanges(context, first.open);
    const { commits } = made.length === 0 ? first : await ask(context, explainCommits, { ...asked, made });
    if (commits.length === 0 && shas.length > 0)
      throw new SluiceError("not_found", `No commit ${of} is in the index`, {
        hint: "Read the repositories first: sluice git scan",
        details: { of },
      });
    return { commits };
  },
});

/** A branch, tag or HEAD of the repository around the caller's folder. */
async function resolved(context: Context, name: string): Promise<string> {
  const git = await context.git();
  const { commonDir, head } = await git.inspect({ path: context.files.resolve(".") });
  if (name !== "HEAD") return await git.resolve({ repo: commonDir, name });
  if (head.kind !== "unborn") return head.sha;
  throw new SluiceError("not_found", `The branch ${head.branch} has no commit yet`);
}

const Made = z.strictObject({ repoId: z.int(), sha: z.string(), run: z.int() });

/** A commit that names an item and that no run is known to have made, with what runs left for that item. */
interface Open {
  readonly repo: Repo;
  readonly sha: string;
  readonly results: readonly { readonly sha: string; readonly run: number }[];
}

export const explainCommits = defineOperation({
  ...HALF,
  name: "who.explain",
  summary: "Explain commits of the index.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    shas: z.array(z.string().regex(PREFIX, "7 to 64 hexadecimal digits of a commit")),
    item: z.string().optional(),
    made: z.array(Made).describe("Runs that git knows to have made a commit, by an equal change"),
  }),
  output: z.object({ commits: z.array(WhoCommit), open: z.array(record<Open>()) }),
  errors: ["not_found"],
  run: async (context, { host, shas, item, made }) => {
    const { store } = context;
    const names = item === undefined ? shas : await commitsOf(context, item);
    const found = (await Promise.all(names.map((sha) => store.commits.find({ sha })))).flat();
    const open: Open[] = [];
    const explained: z.input<typeof WhoCommit>[] = [];
    for (const commit of found) {
      const repo = await store.projects.repoById({ id: commit.repoId, host });
      explained.push(await explain(context, { commit, repo, made, open }));
    }
    return { commits: explained, open };
  },
});

/** The item's commits that the index has, newest first: those that name it, and those on record as its results. */
async function commitsOf({ store }: Context, ref: string): Promise<readonly string[]> {
  const id = await findItem(store, ref);
  if (id === undefined) throw new SluiceError("not_found", `There is no item ${ref}`, { details: { ref } });
  const [detail, prefixes, landings] = await Promise.all([
    store.items.get({ id }),
    store.projects.prefixes(),
    store.runs.landings({ itemId: id }),
  ]);
  const naming = await store.commits.ofItem({ prefixes, number: id });
  const given = detail.evidence.flatMap(({ kind, value }) =>
    kind === "commit" && PREFIX.test(value) ? [value] : [],
  );
  const landed = landings.flatMap(({ state, merge }) => (state === "landed" ? [merge] : []));
  const known = naming.map(({ sha }) => sha).toReversed();
  const others = [...landed, ...given].filter((one) => !known.some((sha) => sha.startsWith(one)));
  return [...new Set([...known, ...others])].slice(0, MOST);
}

/** Which of these commits make the same change as what a run left: a rebase keeps the change, not the name. */
async function sameChanges(context: Context, open: readonly Open[]): Promise<z.output<typeof Made>[]> {
  if (open.length === 0) return [];
  const git = await context.git();
  const made: z.output<typeof Made>[] = [];
  for (const { repo, sha, results } of open) {
    const run =
      repo.commonDir === null ? undefined : await runOfSameChange(git, repo.commonDir, sha, results);
    if (run !== undefined) made.push({ repoId: repo.id, sha, run });
  }
  return made;
}

async function runOfSameChange(
  git: GitPort,
  repo: string,
  sha: string,
  results: Open["results"],
): Promise<number | undefined> {
  try {
    const shas = [sha, ...results.map((result) => result.sha)].filter(isSha);
    const here: Sha[] = [];
    for (const one of new Set(shas)) if (await git.reachable({ repo, sha: one, from: one })) here.push(one);
    const patches = new Map<string, string>(await git.patchIds({ repo, shas: here }));
    const own = patches.get(sha);
    return own === undefined ? undefined : results.findLast((one) => patches.get(one.sha) === own)?.run;
  } catch (error) {
    if (error instanceof SluiceError) return undefined; // the repository is not here any more
    throw error;
  }
}

interface Explained {
  readonly commit: IndexedCommit & { readonly refs: readonly CommitRef[] };
  readonly repo: Repo;
  readonly made: readonly z.output<typeof Made>[];
  /** Taken down for git to look at. */
  readonly open: Open[];
}

async function explain(context: Context, request: Explained): Promise<z.input<typeof WhoCommit>> {
  const { commit, repo, made, open } = request;
  const { sha } = commit;
  const { store } = context;
  const landings = await store.runs.landings({ sha });
  const named = await namedItems(context, commit.refs);
  const given = await store.commits.givenFor({ sha });
  const ids = [...new Set([...landings.map(({ itemId }) => itemId), ...given, ...named.keys()])];
  const items: z.input<typeof WhoItem>[] = [];
  for (const id of ids) {
    const landing = landings.find(({ itemId, state }) => itemId === id && state === "landed");
    const detail = await store.items.get({ id });
    const runs = (await store.runs.list({ itemId: id, page: { limit: 100 } })).items;
    const results = resultsOf(detail, runs, repo.id);
    const byChange = made.find((one) => one.sha === sha && one.repoId === repo.id)?.run;
    const runId = landing?.runId ?? results.findLast((one) => sha.startsWith(one.sha))?.run ?? byChange;
    const run = runs.find((one) => one.id === runId);
    if (run === undefined && results.length > 0) open.push({ repo, sha, results });
    items.push(await whoItem(context, { detail, landing, run, sub: named.get(id) ?? [] }));
  }
  return {
    sha,
    parents: [...commit.parents],
    repo: repo.alias,
    subject: commit.subject,
    author: `${commit.authorName} <${commit.authorEmail}>`,
    authored_at: isoTime(commit.authoredAt),
    items,
  };
}

/**
 * Commits that runs left, oldest first: heads of their branches, and commits given as evidence. Evidence of nobody's run is that of the
 * run whose result was under review then.
 */
function resultsOf({ evidence }: ItemDetail, runs: readonly Run[], repoId: number): Open["results"] {
  const heads = runs.flatMap(({ id, repos }) =>
    repos.flatMap(({ repoId: of, headSha, baseSha }) =>
      of === repoId && headSha !== null && headSha !== baseSha ? [{ sha: headSha, run: id }] : [],
    ),
  );
  const given = evidence.flatMap(({ kind, value, runId, at }) => {
    if (kind !== "commit" || !PREFIX.test(value)) return [];
    const run = runId ?? runs.find(({ reported, startedAt }) => reported !== null && startedAt <= at)?.id;
    return run === undefined ? [] : [{ sha: value.toLowerCase(), run }];
  });
  return [...heads, ...given].toSorted((a, b) => a.run - b.run);
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
  readonly detail: ItemDetail;
  readonly landing: LandingIntent | undefined;
  readonly run: Run | undefined;
  readonly sub: readonly string[];
}

/** The plan that it wrote itself, else the one it began with. */
function planOf({ plan }: ItemDetail, run: Run | undefined): number | undefined {
  if (run !== undefined && plan?.runId === run.id) return plan.version;
  return run?.planVersion ?? undefined;
}

async function whoItem(context: Context, request: WhoRequest): Promise<z.input<typeof WhoItem>> {
  const { store } = context;
  const { detail, landing, run, sub } = request;
  const [candidate, refOf] = await Promise.all([
    detail.candidateId === null ? undefined : store.gate.get({ id: detail.candidateId }),
    refWriter(store),
  ]);
  const said = detail.notes.findLast(({ kind, runId }) => kind === "finish" && runId === run?.id);
  return {
    ref: refOf(detail.item.id),
    title: detail.item.title,
    state: detail.item.state,
    via: landing !== undefined ? "landing" : run !== undefined ? "result" : "ref",
    sub: [...sub],
    run: run === undefined ? undefined : runRef(run.id),
    runner: run?.runner ?? undefined,
    holder: run?.holder,
    plan_version: planOf(detail, run),
    note: said?.body,
    landed: landing === undefined ? undefined : { target: landing.target },
    created_by: detail.item.createdBy,
    proposed_by: candidate?.proposedBy,
    approved_by: candidate?.decidedBy ?? undefined,
    granted_by: detail.grantBy ?? undefined,
    decisions: detail.questions.flatMap(({ question, answer, reason, answeredBy }) =>
      answer === null ? [] : [{ question, answer, reason: reason ?? undefined, by: answeredBy ?? undefined }],
    ),
  };
}
