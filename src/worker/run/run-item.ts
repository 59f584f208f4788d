import { mkdirSync } from "node:fs";
import { type ErrorCode, SluiceError } from "#domain/errors.ts";
import { type AskedTarget, askTarget } from "#worker/target-tip.ts";
import { checkCommandPremises, checkPremises, type FailedPremise, premiseNote } from "./check-premises.ts";
import { endRun, decideRunEnd, type RunEnd } from "./end-run.ts";
import { type BasedRepo, openWorktrees } from "./run-worktrees.ts";
import { noteRunEnd, noteRunStart } from "#worker/pick-runner.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { runAgent } from "./run-agent.ts";
import type { AgentRun } from "./run-context.ts";
import { type RunPlace, targetRepos } from "./run-places.ts";

/** Claim → premises → worktree and set-up → agent → end, recorded. Answers the run as it then is. */
export async function runItem(run: AgentRun): Promise<Run | undefined> {
  const { options } = run.session;
  const { title } = run.detail.item;
  options.emit({ type: "claimed", ...run.name, title, project: run.project.alias, runner: run.runner.name });
  await noteRunStart(run.session, run.runner.name);
  const places: RunPlace[] = [];
  const { end, health } = await attempt(run, places);
  const ended = await endRun(run, end, places);
  await noteRunEnd(run.session, run.runner.name, health);
  return ended;
}

/** What no other try repairs: a repo that is gone, a name or a setting that is missing. */
const FOR_A_PERSON: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["not_found", "invalid", "denied"]);

interface Attempt {
  readonly end: RunEnd;
  /** What the run tells about its runner. */
  readonly health: "healthy" | "runner_failed" | "unknown";
}

/** @param opened where the run works, told as it comes to be: its work is saved from there even where the store cannot be asked */
async function attempt(run: AgentRun, opened: RunPlace[]): Promise<Attempt> {
  try {
    return await work(run, opened);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    if (run.lease.lost.aborted || error.code === "lease_lost") return unknown({ kind: "lost" });
    if (run.session.stop.aborted) return unknown(released());
    if (FOR_A_PERSON.has(error.code)) return unknown({ kind: "block", note: sentence(error) });
    const end = { kind: "end", outcome: "runner_failed", note: sentence(error) } as const;
    return { end, health: "runner_failed" };
  }
}

async function work(run: AgentRun, opened: RunPlace[]): Promise<Attempt> {
  const { deps } = run.session;
  await deps.port.record({ host: deps.host, run: run.runId, facts: { token: run.token } });
  const repos = await baseRepos(run);
  if (repos.kind === "silent") return unknown(putOff(run, repos));
  const premise = await checkPremises(run, repos.based);
  if (premise !== undefined) return unknown(parked(run, premise));
  mkdirSync(run.folder.dir, { recursive: true, mode: 0o700 });
  const places = await openWorktrees(run, repos.based, opened);
  const cwd = places[0]?.dir ?? run.folder.dir;
  const failed = await checkCommandPremises(run, places, cwd);
  if (failed !== undefined) return unknown(parked(run, failed));
  if (run.halt.aborted) return unknown(halted(run));
  const result = await runAgent(run, places, cwd);
  const health =
    result.ending === "runner_failed"
      ? "runner_failed"
      : result.ending === "interrupted"
        ? "unknown"
        : "healthy";
  const { run: shown } = await deps.port.run({ run: run.name.run });
  const decided = decideRunEnd({
    isReported: shown.ended_at !== undefined || shown.reported !== undefined,
    result,
    isCommand: run.runner.spec.kind === "command",
    hasCommits: await hasCommits(run, places),
    isStopping: run.session.stop.aborted,
  });
  return { end: decided, health };
}

type Silent = AskedTarget & { readonly kind: "silent" };

async function baseRepos(
  run: AgentRun,
): Promise<{ readonly kind: "based"; readonly based: readonly BasedRepo[] } | Silent> {
  const { deps } = run.session;
  const repos = await targetRepos(deps, run.work);
  // Whose name the commits will carry: asked before an agent costs anything.
  const people = await Promise.all(repos.map(({ commonDir }) => deps.git.identity({ repo: commonDir })));
  const asked = await Promise.all(repos.map((repo) => askTarget(deps, repo)));
  const silent = asked.find((one) => one.kind === "silent");
  if (silent !== undefined) return silent;
  const based = repos.flatMap((repo, at) => {
    const [answer, who] = [asked[at], people[at]];
    return answer?.kind === "there" && who !== undefined ? [{ ...repo, base: answer.base, people: who }] : [];
  });
  return { kind: "based", based };
}

/** Neither the item's fault nor the runner's: it goes back, and waits as long as its remote is left alone. */
function putOff({ session, detail }: AgentRun, { why, until, often }: Silent): RunEnd {
  const { deps, putOffs } = session;
  if (often) putOffs.set(detail.item.id, until);
  const pauseMs = Math.max(0, until - deps.now());
  const note = detail.notes.some(({ body }) => body === why) ? undefined : why;
  return { kind: "end", outcome: "released", note, pauseMs };
}

async function hasCommits(run: AgentRun, places: readonly RunPlace[]): Promise<boolean> {
  for (const { commonDir: repo, dir, runBranch: branch, base } of places) {
    const head = await run.session.deps.git.ownHead({ repo, dir, branch });
    if (head !== undefined && head !== base) return true;
  }
  return false;
}

function parked(run: AgentRun, premise: FailedPremise): RunEnd {
  const { expected, found } = premise;
  run.session.options.emit({ type: "premise_failed", ...run.name, expected, found });
  return { kind: "park", outcome: "no_change", note: premiseNote(premise) };
}

function halted(run: AgentRun): RunEnd {
  return run.lease.lost.aborted ? { kind: "lost" } : released();
}

function released(): RunEnd {
  return { kind: "end", outcome: "released", note: "The worker was stopped" };
}

function unknown(end: RunEnd): Attempt {
  return { end, health: "unknown" };
}

function sentence({ message, hint }: SluiceError): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
