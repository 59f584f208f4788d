import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { workSignals } from "#cli/interrupt.ts";
import { defineCommandBody, type OutsideCall } from "#cli/outside-command.ts";
import { SluiceError } from "#domain/errors.ts";
import { Capability, MOST_CAPABILITIES } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { requirePerson } from "#operations/record-denial.ts";
import { STRICT_BEGINS } from "#operations/unproven-person.ts";
import { keepUp } from "#operations/worker/look-around.ts";
import { createWorker } from "#worker/create-worker.ts";
import { DEFAULT_LIMITS, type WorkerDeps, type WorkerRunner } from "#worker/worker-deps.ts";
import { paint } from "#cli/present/presenter.ts";
import { type StoryEvent, storyCount, storyLines } from "#cli/present/work-story.ts";
import { machineParts } from "#compose/machine-parts.ts";
import { stateDir } from "#compose/places.ts";
import { AGENT_PROGRAMS, readRunner } from "./runner-option.ts";
import { workerDeps } from "./wire-worker.ts";

/** Soon enough for who has just reviewed, and few enough questions for a forge that counts them. */
const KEEP_UP_MS = 60_000;

/** Takes an event, whatever else it tells. */
type Emit = <E extends StoryEvent>(event: E) => void;

const Duration = z.int().positive().meta({ cli: "duration" });

/** Claims, runs, checks and lands until stopped or, with `--until-empty`, until nothing is left. */
export const workCommand = defineCommandBody({
  input: z.object({
    runner: z
      .array(z.string())
      .default([])
      .describe(
        `${AGENT_PROGRAMS.join(", ")}, NAME=PROGRAM ARG…, or NAME={…} with a runner's settings as JSON; given several times they take turns. Default: the first agent program found`,
      ),
    capabilities: z
      .array(Capability)
      .max(MOST_CAPABILITIES)
      .default([])
      .describe("What every runner of this worker can do, beside its own settings; such as gpu")
      .meta({ flag: "can" }),
    slots: z.int().min(1).max(64).default(1).describe("Items worked at the same time"),
    backgroundSlots: z
      .int()
      .min(0)
      .max(64)
      .default(1)
      .describe("Items of background kinds worked beside them"),
    untilEmpty: z.boolean().default(false).describe("End when nothing is left that this worker could do"),
    timeout: Duration.default(DEFAULT_LIMITS.runTimeoutMs).describe("End an agent after so long"),
    stall: Duration.default(DEFAULT_LIMITS.stallMs).describe(
      "End an agent after so long without a sign of life",
    ),
    ttl: Duration.default(DEFAULT_LIMITS.leaseTtlMs).describe("Length of a run's lease, 30s to 24h"),
  }),
  run: async (call, input) => {
    const context = await withFrozenAccount(call, await call.open());
    try {
      await requirePerson(context, "work", "starts a worker");
      const deps = await workerDeps(call, context, {
        runTimeoutMs: input.timeout,
        stallMs: input.stall,
        leaseTtlMs: input.ttl,
      });
      const named = input.runner.length > 0 ? input.runner.map(readRunner) : [await firstFound(deps)];
      const runners = named.map((runner) => ({
        ...runner,
        capabilities: [...runner.capabilities, ...input.capabilities],
      }));
      const { slots, backgroundSlots, untilEmpty } = input;
      const emit = printer(call);
      // Last, so that a call that is refused changes nothing.
      const { projects: projectIds, strict } = await ask(context, keepUp, { project: context.project });
      if (strict) emit({ type: "authority", authority: "strict", message: STRICT_BEGINS });
      await keepUpWithGit(context, emit);
      const end = await whileKeepingUp(context, emit, () =>
        createWorker(deps).run({
          runners,
          slots,
          backgroundSlots,
          untilEmpty,
          ...(projectIds === undefined ? {} : { projectIds }),
          ...workSignals(),
          emit,
        }),
      );
      await keepUpWithGit(context, emit);
      if (end.why === "barred") throw allBarred(end.until);
      if (end.why === "unreachable") throw remotesSilent(end.until);
      return 0;
    } finally {
      rmSync(frozenFolder(call), { recursive: true, force: true });
      await context.store.close();
    }
  },
});

const frozenFolder = ({ surroundings }: OutsideCall): string =>
  join(stateDir(surroundings.env), "accounts", String(process.pid));

/** What a run writes into the account's git files changes nothing of what this worker's git does. */
async function withFrozenAccount(call: OutsideCall, context: Context): Promise<Context> {
  const { surroundings } = call;
  const { freezeAccount } = await import("#git/frozen-account.ts");
  const env = await freezeAccount(surroundings.env, frozenFolder(call));
  return { ...context, git: machineParts({ ...surroundings, env }, context.caller.host).git };
}

async function whileKeepingUp<T>(context: Context, emit: Emit, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const rounds = keepUpEvery(context, KEEP_UP_MS, ended.signal, emit);
  try {
    return await work();
  } finally {
    ended.abort();
    await rounds;
  }
}

/** Work is left that nobody may start: a caller that drains to empty must not take this for done. */
const allBarred = (until: number): SluiceError =>
  new SluiceError(
    "unavailable",
    `Every runner failed to start; the next try is at ${new Date(until).toISOString()}`,
    {
      hint: "See why with: sluice run list, fix it, then start the worker again",
      details: { until: new Date(until).toISOString() },
    },
  );

/** The same of items whose remote nobody could ask. */
const remotesSilent = (until: number): SluiceError =>
  new SluiceError(
    "unavailable",
    `The remote of some items does not answer; the next try is at ${new Date(until).toISOString()}`,
    {
      hint: "See which with: sluice run list, fix the network or the remote's address, then start the worker again",
      details: { until: new Date(until).toISOString() },
    },
  );

/** Events as lines of JSON; at a terminal, without `--json`, as a story for a person. */
function printer({ surroundings, globals }: OutsideCall): Emit {
  const { stdout, now } = surroundings;
  const isStory = stdout.isTTY && !globals.json;
  const startedAt = now();
  const told = storyCount();
  const story = (event: StoryEvent): string => {
    told.take(event);
    if (event.type === "finished") return told.end(event);
    const seconds = (now() - startedAt) / 1000;
    return storyLines(event, { paint: paint(globals.color), width: stdout.columns(), seconds }) ?? "";
  };
  let last = Promise.resolve();
  return (event) => {
    const line = isStory ? story(event) : JSON.stringify({ at: new Date(now()).toISOString(), ...event });
    if (line !== "") last = last.then(() => stdout.write(`${line}\n`));
  };
}

async function firstFound({ launcher }: WorkerDeps): Promise<WorkerRunner> {
  for (const name of AGENT_PROGRAMS) {
    const runner = readRunner(name);
    if ((await launcher.detect(runner.spec)).present) return runner;
  }
  throw new SluiceError("not_found", "No agent program was found on PATH", {
    hint: `Install one of ${AGENT_PROGRAMS.join(", ")}, or name any program with: --runner NAME=PROGRAM`,
  });
}

/** What git, forges and time decided meanwhile: the index, what it settles, candidates that nobody looked at. A failure here stops no work. */
export async function keepUpWithGit(context: Context, emit: Emit): Promise<void> {
  try {
    const { expired } = await ask(context, keepUp, {});
    const { scanGit } = await import("#operations/git/scan-git.ts");
    const { repos, ...decided } = await scanGit.run(context, {});
    emit({
      type: "scanned",
      commits: repos.reduce((sum, repo) => sum + repo.commits, 0),
      missing: repos.filter((repo) => repo.missing).map((repo) => repo.repo),
      ...decided,
      expired,
    });
  } catch (error) {
    const problem = error instanceof SluiceError ? error : new SluiceError("internal", String(error));
    emit({ type: "problem", code: problem.code, message: problem.message });
  }
}

/** The same again and again until the signal comes: reviewers and checks speak while a worker waits for work. */
export async function keepUpEvery(
  context: Context,
  everyMs: number,
  ended: AbortSignal,
  emit: Emit,
): Promise<void> {
  for (;;) {
    await context.sleep(everyMs, ended).catch(() => {}); // it ends
    if (ended.aborted) return;
    await keepUpWithGit(context, emit);
  }
}
