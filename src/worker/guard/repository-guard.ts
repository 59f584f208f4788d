import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { compareGuards, type GuardChange, type GuardSnapshot } from "#domain/git-ref/guard-change.ts";
import { runRef } from "#domain/ref.ts";
import { keepRefusals, readRefusals, type Refusal } from "./refusals.ts";
import { isCheckOf, type RunFolder } from "#worker/run/run-folder.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import { barProjects } from "#worker/review/bar-projects.ts";
import type { WorkSession } from "#worker/work-session.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/** What moved in a run's repositories beside its own branch while its agent was at work. One phrase each. */
export interface Moved {
  /** What only the run can have done: its result must not land. */
  readonly tampering: readonly string[];
  /** What a person at work in the same repository does as well: commits, branches, tags, a stash, another HEAD. A person has to look. */
  readonly ordinary: readonly string[];
}

const phrases = z.array(z.string());
const KeptMoved = z.object({ tampering: phrases, ordinary: phrases });
const map = z.record(z.string(), z.string());
const Snapshots = z.record(z.string(), z.object({ refs: map.nullable(), files: map, heads: map }));

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

/**
 * What moved in the run's repositories beside its own branch; what other runs and landings did is left out. Looked at once, when the
 * agent has just ended, and kept: what moves later is not of its time. A project in whose repository the run may have planted something
 * is barred.
 */
export async function findMoved(
  session: Pick<WorkSession, "deps">,
  run: { readonly runId: number; readonly folder: RunFolder },
  places: readonly RunPlace[],
): Promise<Moved> {
  const { deps } = session;
  const kept = readJson(run.folder.moved, KeptMoved);
  if (kept !== undefined) return kept;
  const before = readJson(run.folder.guards, Snapshots);
  // No agent was started: there is nothing to compare with.
  if (before === undefined) return { tampering: [], ordinary: [] };
  const changes = (await Promise.all(places.map((place) => movedIn(deps, run.runId, place, before)))).flat();
  const refusals = readRefusals(
    run.folder,
    places.map(({ repo }) => repo.alias),
  );
  await keepRefusals(deps, run.runId, refusals);
  const marked = changes.map((one) => ({ ...one, refused: wasRefused(one, refusals) }));
  const said = (ordinary: boolean) =>
    marked
      .filter(({ change, refused }) => (change.ordinary && !refused) === ordinary)
      .map((one) => describe(one) + (one.refused ? ", which was refused to it" : ""));
  const moved = { tampering: said(false), ordinary: said(true) };
  await barProjects(session, run.runId, changes);
  writeFileSync(run.folder.moved, JSON.stringify(moved));
  return moved;
}

interface PlacedChange {
  readonly place: RunPlace;
  readonly change: GuardChange;
}

async function movedIn(
  deps: WorkerDeps,
  runId: number,
  place: RunPlace,
  before: Readonly<Record<string, GuardSnapshot>>,
): Promise<readonly PlacedChange[]> {
  const snapshot = before[place.commonDir];
  if (snapshot === undefined) return [];
  const after = await deps.git.guard({ repo: place.commonDir });
  const allowed = await allowance(deps, runId, place, [snapshot, after]);
  const found: PlacedChange[] = [];
  for (const change of compareGuards(snapshot, after, allowed))
    if (!(await isOurLanding(deps, place, change))) found.push({ place, change });
  return found;
}

/** The very change that the guard refused to the run, made all the same: nobody else is as likely to have made it. */
function wasRefused({ place, change }: PlacedChange, refusals: readonly Refusal[]): boolean {
  return (
    change.kind === "ref" &&
    refusals.some(
      ({ repo, what, after }) => repo === place.repo.alias && what === change.name && after === change.after,
    )
  );
}

/** Undefined where there is no such file, or the worker died while it wrote it. */
function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
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

/** A target branch that stands where a landing of ours was about to put it. */
async function isOurLanding(deps: WorkerDeps, place: RunPlace, change: GuardChange): Promise<boolean> {
  if (change.kind !== "ref" || change.after === undefined) return false;
  const landings = await deps.store.runs.landings({ sha: change.after });
  return landings.some(({ repoId }) => repoId === place.repo.id);
}

function describe({ place, change }: PlacedChange): string {
  const { kind, name, before, after } = change;
  if (name === "*") return `${place.repo.alias}: git can no longer read the refs`;
  const what = after === undefined ? "was removed" : before === undefined ? "was made" : "was changed";
  return `${place.repo.alias}: ${kind} ${name === "" ? "HEAD" : name} ${what}`;
}

/** Why a run's work is parked. */
export function tamperingNote({ tampering }: Moved): string {
  return ["The run changed what it may not change:", ...tampering.map((change) => `- ${change}`)].join("\n");
}

/** Why a person has to look before a run's work lands. */
export function movedNote({ ordinary }: Moved): string {
  const head = "While the run was at work, a person or the run changed this in the repository:";
  return [head, ...ordinary.map((change) => `- ${change}`)].join("\n");
}
