import { SluiceError } from "#domain/errors.ts";
import { nextState, type Phase } from "#domain/item/lifecycle.ts";
import { givenBackEffect } from "#domain/item/settle-run.ts";
import { type Item, type ItemChange, NO_LEASE, NOT_ASKED } from "#domain/item/item.ts";
import { laneOfRole } from "#domain/lane.ts";
import { DEFAULT_LEASE_MS } from "./lease-change.ts";
import type { Outcome, ReportedOutcome } from "#domain/run/outcome.ts";
import type { Plan, PlanFacts } from "./plan.ts";

/** What the holder of a lease can do with its item. */

/** The lease that a worker gets when its agent has finished: long enough to find the agent's end; renewed by each call. */
const HANDOVER_MS = 60_000;

/** The lease runs from now on, for its own length or the one asked for. No entry in the history. */
export function renewalChange(item: Item, now: number, ttlMs?: number): ItemChange {
  const length = ttlMs ?? item.leaseTtlMs ?? DEFAULT_LEASE_MS;
  return { leaseExpiresAt: now + length, leaseTtlMs: length };
}

interface ReviewFacts {
  readonly outcome: ReportedOutcome;
  readonly landing: "pr" | "merge" | "branch" | "none";
  /** A person looks before it lands. */
  readonly humanReview: boolean;
  /** A worker runs the check and lands; without one (a person and an agent in the person's own checkout) git decides. */
  readonly hasWorker: boolean;
}

/** A pull request is opened as the others land, and then waits for the forge. */
const LANDS = {
  merge: ["land"],
  branch: ["await_git"],
  pr: ["land", "await_git"],
} as const satisfies Record<"merge" | "branch" | "pr", readonly Phase[]>;

/** The phases a finished item must pass before it is done, in order; never none: `finish` is never directly done. */
function reviewPhases({ outcome, landing, humanReview, hasWorker }: ReviewFacts): readonly Phase[] {
  if (outcome !== "changed" || landing === "none") return ["human"];
  if (!hasWorker) return ["await_git"];
  const look: readonly Phase[] = humanReview ? ["human"] : [];
  return ["verify", ...look, ...LANDS[landing]];
}

interface FinishRequest extends Omit<ReviewFacts, "hasWorker"> {
  readonly outcome: ReportedOutcome;
  readonly note: string | undefined;
  /** The worker whose run this is; null where a person's own program works. */
  readonly workerId: string | null;
  /** Id of the lease under which the worker goes on. */
  readonly newLeaseId: string;
}

/** From the agent to the review: the agent's lease ends; the run's worker, if it has one, gets a new one under an id of its own. */
export function finishPlan({ item, ref, now }: PlanFacts, request: FinishRequest): Plan {
  const { outcome, note, workerId } = request;
  const state = nextState(item.state, "finish", ref);
  if (outcome === "no_change" && (note === undefined || note.trim() === ""))
    throw new SluiceError("invalid", "note is missing, no_change needs a reason", {
      hint: "Say why nothing had to change: --note TEXT",
      details: { field: "note" },
    });
  const [phase = "human", ...phasesLeft] = reviewPhases({ ...request, hasWorker: workerId !== null });
  const goesOn = workerId !== null && phase === "verify";
  const handover = {
    leaseId: request.newLeaseId,
    holder: "system:worker" as const,
    leaseRunId: item.leaseRunId,
    leaseAcquiredAt: now,
    ...renewalChange(item, now, HANDOVER_MS),
  };
  return {
    change: { state, phase, phasesLeft, notBefore: null, ...(goesOn ? handover : NO_LEASE) },
    facts: { outcome },
    run: { reported: outcome, ...(goesOn ? {} : { ends: outcome }) },
    notes: note === undefined ? [] : [{ kind: "finish", body: note, byHolder: true }],
  };
}

/**
 * Free for a person and for an agent that no worker started: nobody hands such an item out again without being asked.
 * @param times how many agents in a row gave the item back, this one included; 0 where that costs nothing
 */
export function releasePlan(facts: PlanFacts, note: string, times: number): Plan {
  const { item, ref, now, random } = facts;
  const state = nextState(item.state, "release", ref);
  const { notBefore, park } = givenBackEffect(item, times, now, random());
  const released = { kind: "release", body: note, byHolder: true } as const;
  const run = { ends: "released", reason: note } as const;
  const free = { ...NO_LEASE, tried: item.tried + 1, notBefore };
  if (park === undefined) return { change: { state, ...free }, run, notes: [released] };
  return {
    change: { ...free, ...parked(facts) },
    operation: "park",
    facts: { outcome: "released" },
    run,
    notes: [released, { kind: "park", body: park, actor: "system:store" }],
  };
}

/** @param by whether the item's holder stops it, or a person who does not hold it */
export function blockPlan({ item, ref }: PlanFacts, note: string, by: "holder" | "person"): Plan {
  const state = nextState(item.state, "block", ref);
  return {
    change: { state, phase: null, phasesLeft: [], ...NO_LEASE, tried: item.tried + 1 },
    facts: { reason: note },
    run: { ends: by === "holder" ? "blocked" : "revoked", reason: note },
    notes: [{ kind: "block", body: note, byHolder: by === "holder", ofRun: by === "holder" }],
  };
}

interface AskRequest {
  readonly question: string;
  /** Until when an answer is wanted, epoch milliseconds. */
  readonly deadlineMs: number | undefined;
  /** A person allowed that the default is taken then. */
  readonly takesDefault: boolean;
}

export function askPlan({ item, ref, lanes }: PlanFacts, request: AskRequest): Plan {
  const { question, deadlineMs, takesDefault } = request;
  const state = nextState(item.state, "ask", ref);
  return {
    change: {
      state,
      ...NO_LEASE,
      lane: laneOfRole(lanes, "decision").name,
      resumeLane: item.lane,
      answerBy: deadlineMs ?? null,
      takesDefault,
      tried: item.tried + 1,
    },
    facts: { question },
    run: { ends: "asked", reason: question },
  };
}

export function parkPlan(facts: PlanFacts, outcome: Outcome, note: string): Plan {
  return {
    change: { ...NO_LEASE, ...parked(facts), tried: facts.item.tried + 1 },
    facts: { outcome },
    run: { ends: outcome, reason: note },
    notes: [{ kind: "park", body: note }],
  };
}

/** What parking changes: open in the lane where a person looks into it, with the old lane kept to come back to. */
export function parked({ item, ref, lanes }: Pick<PlanFacts, "item" | "ref" | "lanes">): ItemChange {
  return {
    state: nextState(item.state, "park", ref),
    phase: null,
    phasesLeft: [],
    lane: laneOfRole(lanes, "investigation").name,
    ...NOT_ASKED,
    resumeLane: item.lane,
    notBefore: null,
  };
}
