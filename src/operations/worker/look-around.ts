import { z } from "zod";
import type { Item } from "#domain/item/item.ts";
import { PHASES } from "#domain/item/lifecycle.ts";
import { type BreakerState, parseBreaker } from "#domain/runner/breaker.ts";
import { Host, record } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";
import { reportedRun } from "#operations/run/reported-run.ts";
import { becomeStrict } from "#operations/unproven-person.ts";
import { FOR_WORKERS, Moment, Runner } from "./fields.ts";

/** Reviews looked at in one go. */
const REVIEWS = 200;
/** Runs in progress on one host: more than its workers have. */
const LIVE_RUNS = 500;

const Projects = z.array(z.int()).describe("Only these").optional();

const Review = z.object({
  item: record<Item>(),
  /** The run that holds it, else the one whose result is under review. */
  run: record<Run>().optional(),
});

const Around = z.object({
  /** In the store's time. */
  now: Moment,
  projects: z.array(record<Project>()),
  ready: z.int(),
  /** Items that wait for a time, and when the first one's comes. */
  timed: z.int(),
  nextDueAt: z.number().nullable(),
  /** Items in a worker's phase. */
  reviews: z.array(Review),
  /** Runs in progress on the worker's machine. */
  live: z.array(record<Run>()),
  /** In the order of asking. */
  runners: z.array(z.object({ paused: z.boolean(), breaker: record<BreakerState>() })),
});

/** All that a worker must know before its next turn. */
export type WorkAround = Readonly<z.output<typeof Around>>;
export type OpenReview = WorkAround["reviews"][number];

export const lookAround = defineOperation({
  ...FOR_WORKERS,
  name: "worker.look",
  summary: "Show what a worker needs before its next turn.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    projects: Projects,
    phases: z.array(z.enum(PHASES)).describe("Those that are a worker's"),
    runners: z.array(Runner).max(100),
  }),
  output: Around,
  run: async ({ store }, { host, projects, phases, runners }) => {
    const filter = { states: ["review"], phases } as const;
    const [now, all, summary, found, live, pauses, breakers] = await Promise.all([
      store.now(),
      store.projects.list({}),
      store.claims.summary({ projectIds: projects }),
      store.items.list({ filter, page: { limit: REVIEWS } }),
      store.runs.list({ live: true, host, page: { limit: LIVE_RUNS } }),
      store.claims.pauses(),
      Promise.all(runners.map((runner) => store.runs.breaker({ runner }))),
    ]);
    const isAsked = (id: number): boolean => projects === undefined || projects.includes(id);
    const reviews = [];
    for (const item of found.items)
      if (isAsked(item.projectId)) reviews.push({ item, run: await runOf(store, item) });
    const { ready, timed, nextDueAt } = summary;
    return {
      now,
      projects: all.filter(({ id }) => isAsked(id)),
      ready,
      timed,
      nextDueAt,
      reviews,
      live: [...live.items],
      runners: runners.map((runner, at) => ({
        paused: pauses.some(({ scope, name }) => scope === "runner" && name === runner),
        breaker: parseBreaker(breakers[at]),
      })),
    };
  },
});

const runOf = ({ runs }: Store, { id, leaseRunId }: Item): Promise<Run | undefined> =>
  leaseRunId === null ? reportedRun({ runs }, id) : runs.get({ id: leaseRunId });

export const keepUp = defineOperation({
  ...FOR_WORKERS,
  name: "worker.upkeep",
  summary: "Do what is due when a worker starts: make the workspace strict, expire candidates.",
  effect: "write",
  input: z.strictObject({ project: ProjectAlias.optional() }),
  output: z.object({
    /** Of the project that was named. */
    projects: Projects,
    /** Whether the workspace has become strict just now. */
    strict: z.boolean(),
    /** Candidates that nobody looked at. */
    expired: z.int(),
  }),
  run: async (context, { project }) => {
    const { store, caller } = context;
    const projects = project === undefined ? undefined : [(await store.projects.get({ alias: project })).id];
    const strict = await becomeStrict(context);
    return { projects, strict, expired: await store.gate.expire({ by: caller }) };
  },
});
