import { z } from "zod";
import type { PullRequestSight, ReviewWord } from "#domain/forge/pull-request.ts";

/** `gh pr list --json number,url` */
export const Listed = z.array(z.object({ number: z.int().positive(), url: z.string() }));

/** Whose words go into an agent's brief: who may write to the repository. Anybody may review what is public. */
const TRUSTED: ReadonlySet<string> = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);

const Author = z.object({ login: z.string() }).nullish();

const CheckRun = z.object({
  __typename: z.literal("CheckRun"),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  detailsUrl: z.string().nullish(),
});
const StatusContext = z.object({
  __typename: z.literal("StatusContext"),
  context: z.string(),
  state: z.string(),
  targetUrl: z.string().nullish(),
});

/** `gh pr view N --json state,mergeCommit,mergeable,statusCheckRollup,latestReviews` */
export const Viewed = z.object({
  state: z.enum(["OPEN", "CLOSED", "MERGED"]),
  mergeCommit: z.object({ oid: z.string() }).nullish(),
  mergeable: z.string().nullish(),
  statusCheckRollup: z.array(z.union([CheckRun, StatusContext])).nullish(),
  latestReviews: z
    .array(
      z.object({
        author: Author,
        authorAssociation: z.string().nullish(),
        state: z.string(),
        body: z.string().default(""),
      }),
    )
    .nullish(),
});
type Viewed = z.output<typeof Viewed>;

/** `gh api …/pulls/N/comments` */
export const LineComments = z.array(
  z.object({
    user: Author,
    author_association: z.string().nullish(),
    path: z.string(),
    line: z.int().nullish(),
    original_line: z.int().nullish(),
    body: z.string(),
  }),
);

const FAILED: ReadonlySet<string> = new Set(["FAILURE", "TIMED_OUT", "STARTUP_FAILURE", "ERROR"]);
const PENDING: ReadonlySet<string> = new Set(["PENDING", "EXPECTED"]);

/** @param comments those at lines; asked for only where somebody requests a change */
export function sightOf(viewed: Viewed, comments: z.output<typeof LineComments>): PullRequestSight {
  if (viewed.state === "MERGED") return { kind: "merged", commit: viewed.mergeCommit?.oid };
  if (viewed.state === "CLOSED") return { kind: "closed" };
  const checks = (viewed.statusCheckRollup ?? []).map(checkOf);
  return {
    kind: "open",
    conflicts: viewed.mergeable === "CONFLICTING",
    pending: checks.filter(({ state }) => state === "pending").length,
    failed: checks.filter(({ state }) => state === "failed").map(({ name, url }) => ({ name, url })),
    requested: asksForChanges(viewed) ? [...reviewWords(viewed), ...comments.flatMap(lineWord)] : [],
  };
}

/** The last word of a reviewer who may decide asks for a change. */
export const asksForChanges = (viewed: Viewed): boolean =>
  viewed.state === "OPEN" && requestsOf(viewed).length > 0;

const requestsOf = ({ latestReviews }: Viewed) =>
  (latestReviews ?? []).filter(
    ({ state, authorAssociation }) => state === "CHANGES_REQUESTED" && TRUSTED.has(authorAssociation ?? ""),
  );

function checkOf(check: z.output<typeof CheckRun> | z.output<typeof StatusContext>) {
  if (check.__typename === "StatusContext") {
    const state = FAILED.has(check.state) ? "failed" : PENDING.has(check.state) ? "pending" : "passed";
    return { name: check.context, url: check.targetUrl ?? undefined, state };
  }
  const ended = check.status === "COMPLETED";
  const state = !ended ? "pending" : FAILED.has(check.conclusion ?? "") ? "failed" : "passed";
  return { name: check.name, url: check.detailsUrl ?? undefined, state };
}

const reviewWords = (viewed: Viewed): readonly ReviewWord[] =>
  requestsOf(viewed).map(({ author, body }) => ({
    author: author?.login ?? "somebody",
    text: body.trim() === "" ? "(no words)" : body.trim(),
  }));

function lineWord(comment: z.output<typeof LineComments>[number]): readonly ReviewWord[] {
  if (!TRUSTED.has(comment.author_association ?? "")) return [];
  const line = comment.line ?? comment.original_line;
  const place = line === null || line === undefined ? comment.path : `${comment.path}:${line}`;
  return [{ author: comment.user?.login ?? "somebody", text: comment.body.trim(), place }];
}
