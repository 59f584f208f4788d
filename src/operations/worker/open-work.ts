import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { formatRef } from "#domain/ref.ts";
import { Host, record } from "#operations/half.ts";
import { ItemRef, itemIdOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Project, Repo } from "#operations/ports/store/project-store.ts";
import type { LandingIntent, PullRequest, Run } from "#operations/ports/store/run-store.ts";
import { FOR_WORKERS, Moment, RunId } from "./fields.ts";

/** Runs of an item that are looked at: more than any item needs. */
const RUNS = 50;

const Opened = z.object({
  /** In the store's time. */
  now: Moment,
  /** Of the item. */
  ref: z.string(),
  /** What refs begin with. */
  prefix: z.string(),
  detail: record<ItemDetail>(),
  project: record<Project>(),
  /** Whether checkouts of targets move along, where neither the project nor the repository says so. */
  movesCheckouts: z.boolean(),
  /** Of the item and the run, as the caller's machine has them. */
  repos: z.array(record<Repo>()),
  /** The run that was asked for; for an item the newest that reported a result, absent where none has. */
  run: record<Run>().optional(),
  /** Of the item, newest first. */
  runs: z.array(record<Run>()),
  /** Of the run. */
  landings: z.array(record<LandingIntent>()),
  /** Of the item. */
  pullRequests: z.array(record<PullRequest>()),
});

/** All that work on an item needs to know. */
export type OpenedWork = Readonly<z.output<typeof Opened>>;

/** The run that was asked for. */
export function requireRun({ run, ref }: OpenedWork): Run {
  if (run !== undefined) return run;
  throw new SluiceError("not_found", `No run of ${ref} has reported a result`);
}

export const openWork = defineOperation({
  ...FOR_WORKERS,
  name: "worker.open",
  summary: "Show what work on a run or an item needs.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    of: z.union([z.strictObject({ run: RunId }), z.strictObject({ item: ItemRef })]),
  }),
  output: Opened,
  run: async ({ store }, { host, of }) => {
    const asked = "run" in of ? await store.runs.get({ id: of.run }) : undefined;
    const id = "item" in of ? await itemIdOf(store, of.item) : (asked?.itemId ?? 0);
    const [detail, { items: runs }] = await Promise.all([
      store.items.get({ id }),
      store.runs.list({ itemId: id, page: { limit: RUNS } }),
    ]);
    const run = asked ?? runs.find(({ reported }) => reported !== null);
    const repoIds = new Set([...detail.repos, ...(run?.repos ?? [])].map(({ repoId }) => repoId));
    const [now, { prefix, fast_forward }, project, repos, landings, pullRequests] = await Promise.all([
      store.now(),
      store.projects.settings(),
      store.projects.byId({ id: detail.item.projectId }),
      Promise.all(Array.from(repoIds, (repoId) => store.projects.repoById({ id: repoId, host }))),
      run === undefined ? [] : store.runs.landings({ runId: run.id }),
      store.runs.pullRequests({ itemId: id }),
    ]);
    return {
      now,
      ref: formatRef(prefix, id),
      prefix,
      detail,
      project,
      movesCheckouts: fast_forward !== "no",
      repos,
      run,
      runs: [...runs],
      landings: [...landings],
      pullRequests: [...pullRequests],
    };
  },
});
