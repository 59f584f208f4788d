import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { compareGuards, type GuardSnapshot } from "#domain/git-ref/guard.ts";
import { runRef } from "#domain/ref.ts";
import { isCheckOf, type RunFolder } from "./run-folder.ts";
import type { RunPlace } from "./run-places.ts";
import type { WorkerDeps } from "./worker-deps.ts";

type Tampering = ReturnType<typeof compareGuards>[number];

const map = z.record(z.string(), z.string());
const Snapshots = z.record(z.string(), z.object({ refs: map, files: map, heads: map }));

/** Most runs of this host that are looked at for what else may have moved meanwhile. */
const RECENT_RUNS = 500;

/** Keeps what the repositories look like before the agent starts, on disk: whoever ends the run compares with it. */
export async function keepGuards(
  deps: WorkerDeps,
  folder: RunFolder,
  places: readonly RunPlace[],
): Promise<void> {
  const entries = places.map(async ({ commonDir }) => [commonDir, await deps.git.guard({ repo: commonDir })]);
  mkdirSync(dirname(folder.guards), { recursive: true, mode: 0o700 });
  writeFileSync(folder.guards, JSON.stringify(Object.fromEntries(await Promise.all(entries))));
}

/** What the run changed in its repositories beside its own branch; what other runs and landings did is not its doing. */
export async function findTampering(
  deps: WorkerDeps,
  run: { readonly runId: number; readonly folder: RunFolder },
  places: readonly RunPlace[],
): Promise<readonly string[]> {
  const before = readGuards(run.folder);
  const found: string[] = [];
  for (const place of places) {
    const snapshot = before[place.commonDir];
    if (snapshot === undefined) continue;
    const after = await deps.git.guard({ repo: place.commonDir });
    const allowed = await allowance(deps, run.runId, place, [snapshot, after]);
    const changes = compareGuards(snapshot, after, allowed);
    for (const change of changes) {
      if (!isFetch(change) && !(await isOurLanding(deps, place, change))) found.push(describe(place, change));
    }
  }
  return found;
}

function readGuards(folder: RunFolder): Readonly<Record<string, GuardSnapshot>> {
  try {
    return Snapshots.parse(JSON.parse(readFileSync(folder.guards, "utf8")));
  } catch {
    // No agent was started, or the worker died before it looked: there is nothing to compare with.
    return {};
  }
}

async function allowance(
  deps: WorkerDeps,
  runId: number,
  place: RunPlace,
  snapshots: readonly GuardSnapshot[],
): Promise<{ branches: readonly string[]; worktrees: readonly string[] }> {
  const { items } = await deps.store.runs.list({ host: deps.host, page: { limit: RECENT_RUNS } });
  const here = items.flatMap(({ repos }) => repos.filter(({ repoId }) => repoId === place.repo.id));
  const branches = [place.runBranch, ...here.flatMap(({ branch }) => branch ?? [])];
  const ids = [runId, ...items.map(({ id }) => id)];
  const names = snapshots.flatMap(({ heads }) => Object.keys(heads));
  return { branches, worktrees: names.filter((name) => ids.some((id) => isNameOf(name, id))) };
}

function isNameOf(name: string, runId: number): boolean {
  return name === runRef(runId) || isCheckOf(name, runId);
}

/** Editors fetch on their own: what a remote was last seen to hold decides nothing here. */
function isFetch({ kind, name }: Tampering): boolean {
  return kind === "ref" && name.startsWith("refs/remotes/");
}

/** A target branch that stands where a landing of ours was about to put it. */
async function isOurLanding(deps: WorkerDeps, place: RunPlace, change: Tampering): Promise<boolean> {
  if (change.kind !== "ref" || change.after === undefined) return false;
  const landings = await deps.store.runs.landings({ sha: change.after });
  return landings.some(({ repoId }) => repoId === place.repo.id);
}

function describe(place: RunPlace, { kind, name, before, after }: Tampering): string {
  const what = after === undefined ? "was removed" : before === undefined ? "was made" : "was changed";
  return `${place.repo.alias}: ${kind} ${name === "" ? "HEAD" : name} ${what}`;
}
