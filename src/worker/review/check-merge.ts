import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import { matchesPattern } from "#domain/schedule/path-overlap.ts";
import { requireRun } from "#operations/worker/open-work.ts";
import type { ChangedPath, CommitRecord, GitPort } from "#operations/ports/git.ts";
import { patiently } from "#worker/git-patience.ts";
import { MAX_CHECK_LOSSES } from "#domain/run/outcome.ts";
import { differsAt, parseGuardedPath } from "#domain/guard/guarded-path.ts";
import { provideFiles } from "#worker/run/provide-files.ts";
import type { RunContext } from "#worker/run/run-context.ts";
import { cacheRoot, checkName, checkNamed, checksDir } from "#worker/run/run-folder.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import { runShell, type ShellResult } from "#worker/run/shell-step.ts";
import { restoreBase } from "./base-versions.ts";
import type { CheckedMerge, ReviewContext } from "./review-context.ts";

export type MergeCheck =
  | {
      readonly kind: "passed";
      readonly checked: CheckedMerge;
      /** Set when the change touches tests or protected files: a person has to look, and this says why. */
      readonly look?: string;
    }
  /** The tip holds the change already, or there is none. */
  | { readonly kind: "empty" }
  | {
      readonly kind: "failed";
      readonly outcome: "conflict" | "check_failed" | "worker_killed";
      readonly reason: string;
    }
  | { readonly kind: "interrupted" };

/** Builds the merge result on the target's tip and runs the project's check on it, in a fresh worktree. */
export async function checkMerge(
  review: ReviewContext,
  place: RunPlace,
  { tip, head }: { readonly tip: Sha; readonly head: Sha },
): Promise<MergeCheck> {
  const { deps, options } = review.session;
  const repo = place.commonDir;
  const { message, last } = await landingMessage(review, place, head);
  const built = await patiently(deps, { commonDir: repo, branches: [] }, () =>
    deps.git.buildMerge({ repo, tip, head, strategy: "squash", message }),
  );
  if (built.kind === "empty") return { kind: "empty" };
  if (built.kind === "conflict") {
    const reason = `It conflicts with ${place.branch} in ${built.paths.join(", ")}`;
    return { kind: "failed", outcome: "conflict", reason };
  }
  const merge = built.commit;
  const killer = await killerOf(review);
  if (killer !== undefined) return { kind: "failed", outcome: "worker_killed", reason: killer };
  options.emit({ type: "checking", ...review.name, repo: place.repo.alias, merge });
  const result = await runCheck(review, place, merge, async () => {});
  if (result.kind === "interrupted") return result;
  const passed = result.kind === "passed";
  options.emit({ type: "checked", ...review.name, repo: place.repo.alias, passed });
  if (result.kind === "failed") return { kind: "failed", outcome: "check_failed", reason: reasonOf(result) };
  const record = last && mergeRecord({ sha: merge, parents: [tip], message, atMs: built.atMs }, last);
  return withBaseVersions(review, place, { tip, merge, head, ...(record && { record }) }, built.changes);
}

/** Why a check is not begun once more: those before it ended with their workers. */
async function killerOf({ session, runId }: ReviewContext): Promise<string | undefined> {
  const { port, host } = session.deps;
  const { checkLosses, checkBeganAt } = requireRun(await port.open({ host, of: { run: runId } }));
  const losses = checkLosses + (checkBeganAt === null || session.checking.has(runId) ? 0 : 1);
  if (losses < MAX_CHECK_LOSSES) return undefined;
  return `The check of its result ended with its worker ${losses} times: it takes all memory, or ends processes that are not its own`;
}

/** The check of a commit as it is. */
export async function checkCommit(
  review: ReviewContext,
  place: RunPlace,
  commit: Sha,
): Promise<{ readonly kind: "passed" | "interrupted" } | (MergeCheck & { readonly kind: "failed" })> {
  const result = await runCheck(review, place, commit, async () => {});
  return result.kind === "failed"
    ? { kind: "failed", outcome: "check_failed", reason: reasonOf(result) }
    : result;
}

/** Tests and protected files may not vouch for themselves: the check runs again with the base's versions of them. */
async function withBaseVersions(
  review: ReviewContext,
  place: RunPlace,
  checked: CheckedMerge,
  changes: readonly ChangedPath[],
): Promise<MergeCheck> {
  const { git } = review.session.deps;
  const repo = place.commonDir;
  const touched = await touchedGuarded(git, place, checked, changes);
  if (touched.length === 0) return { kind: "passed", checked };
  const result = await runCheck(review, place, checked.merge, (dir) =>
    restoreBase({ git, repo, base: checked.tip, dir }, touched),
  );
  if (result.kind === "interrupted") return result;
  const names = touched.map(({ path }) => path).join(", ");
  const again = result.kind === "passed" ? "passes" : "fails";
  const look = `It changes ${names}; with the previous versions of these the check ${again}`;
  return { kind: "passed", checked, look };
}

async function runCheck(
  review: ReviewContext,
  place: RunPlace,
  commit: Sha,
  prepare: (dir: string) => Promise<void>,
): Promise<ShellResult> {
  const text = review.project.check;
  if (text === null) return { kind: "passed" };
  const { deps } = review.session;
  const repo = place.commonDir;
  const { alias, setup } = place.repo;
  await removeChecks(review, place);
  const dir = freshCheckDir(review, alias);
  await patiently(deps, { commonDir: repo, branches: [] }, () => deps.git.openRun({ repo, dir, commit }));
  try {
    await noteCheck(review, "begins");
    const provided = provideFiles(place.repo, dir, cacheRoot(deps.stateDir, alias));
    await deps.git.leaveOut({ repo, dir }, provided);
    await prepare(dir);
    const { checkTimeoutMs, setupTimeoutMs } = deps.limits;
    if (setup !== null) {
      const label = `check-setup-${alias}`;
      const timeoutMs = setupTimeoutMs;
      const ready = await runShell(review, {
        text: setup,
        cwd: dir,
        label,
        timeoutMs,
        repos: [place],
        fetches: true,
      });
      if (ready.kind !== "passed") return ready;
    }
    const label = `check-${alias}`;
    return await runShell(review, { text, cwd: dir, label, timeoutMs: checkTimeoutMs, repos: [place] });
  } finally {
    await removeChecks(review, place);
    await noteCheck(review, "ended");
  }
}

/** Before it starts, so that a worker which does not live to its end is known to have died in it. */
async function noteCheck({ session, runId }: ReviewContext, check: "begins" | "ended"): Promise<void> {
  const { checking, deps } = session;
  const record = (what: typeof check) =>
    deps.port.record({ host: deps.host, run: runId, facts: { check: what } });
  // The store could not be asked when it ended.
  if (check === "begins" && checking.has(runId)) await record("ended");
  if (check === "begins") checking.add(runId);
  await record(check);
  if (check === "ended") checking.delete(runId);
}

/** Removes the run's check worktrees, and what a killed worker left of one. */
async function removeChecks(
  review: Pick<ReviewContext, "session" | "runId">,
  place: RunPlace,
): Promise<void> {
  const { git, stateDir } = review.session.deps;
  const parent = checksDir(stateDir, place.repo.alias);
  if (!existsSync(parent)) return;
  const names = readdirSync(parent).flatMap((entry) => checkNamed(entry, review.runId) ?? []);
  for (const name of new Set(names)) await git.closeRun({ repo: place.commonDir, dir: join(parent, name) });
}

function freshCheckDir(review: ReviewContext, alias: string): string {
  const parent = checksDir(review.session.deps.stateDir, alias);
  mkdirSync(parent, { recursive: true });
  for (let n = 1; ; n += 1) {
    const dir = join(parent, checkName(review.runId, n));
    if (!existsSync(dir)) return dir;
  }
}

function reasonOf({ why, tail }: ShellResult & { readonly kind: "failed" }): string {
  return `The check ${why}:\n${tail}`.trimEnd();
}

/** Subjects listed in the message of a squashed run. */
const MAX_SUBJECTS = 20;

/** The message of what lands: the run's own where it is one commit, else the item's title and what the commits say. */
async function landingMessage(
  run: RunContext,
  place: RunPlace,
  head: Sha,
): Promise<{ readonly message: string; readonly last: CommitRecord | undefined }> {
  const { git } = run.session.deps;
  const range = { repo: place.commonDir, from: place.base, to: head, limit: MAX_SUBJECTS };
  const commits = await git.commitsBetween(range);
  const [last, ...others] = commits;
  if (last !== undefined && others.length === 0)
    return { message: `${last.subject}\n\n${last.body}`.trimEnd(), last };
  const subjects = commits.toReversed().map(({ subject }) => `- ${subject}`);
  const message = [`${run.name.ref}: ${run.detail.item.title}`, "", ...subjects].join("\n").trimEnd();
  return { message, last };
}

interface Made {
  readonly sha: Sha;
  readonly parents: readonly Sha[];
  readonly message: string;
  readonly atMs: number;
}

/** The merge as a scan will read it: its people are those of the run's commits. */
function mergeRecord(
  { sha, parents, message, atMs }: Made,
  { author, committer }: CommitRecord,
): CommitRecord {
  const [subject = "", ...rest] = message.split("\n\n");
  const people = { author, committer };
  const dates = { authoredAtMs: atMs, committedAtMs: atMs };
  return {
    sha,
    parents,
    ...people,
    ...dates,
    subject: subject.replaceAll("\n", " "),
    body: rest.join("\n\n"),
  };
}

/** The changes to files, or to keys in them, that decide what passes: tests, and what the repo protects (CI, build, hooks). */
async function touchedGuarded(
  git: GitPort,
  { commonDir, repo }: RunPlace,
  { tip, merge }: CheckedMerge,
  changes: readonly ChangedPath[],
): Promise<readonly ChangedPath[]> {
  const guards = [...repo.testPaths, ...repo.protectedPaths].map(parseGuardedPath);
  const read = async (commit: Sha, path: string) =>
    valuesOf(path, await git.showFile({ repo: commonDir, commit, path }));
  const touched: ChangedPath[] = [];
  for (const change of changes) {
    const { path } = change;
    const guarding = guards.filter(({ pattern }) => matchesPattern(pattern, path));
    if (guarding.length === 0) continue;
    const isWhole = guarding.some(({ keys }) => keys === undefined);
    const [before, after] = isWhole ? [] : [await read(tip, path), await read(merge, path)];
    const keys = guarding.flatMap((guard) => guard.keys ?? []);
    if (before === undefined || after === undefined || differsAt(keys, before.values, after.values))
      touched.push(change);
  }
  return touched;
}

/** What a JSON or TOML file says, undefined values where there is no file. Undefined where it cannot be read: nothing is known of its keys. */
function valuesOf(
  path: string,
  file: { readonly bytes: Uint8Array } | undefined,
): { readonly values: unknown } | undefined {
  if (file === undefined) return { values: undefined };
  const text = new TextDecoder().decode(file.bytes);
  try {
    return { values: path.endsWith(".toml") ? Bun.TOML.parse(text) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}
