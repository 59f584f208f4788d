import { NO_LEASE } from "#domain/item/item.ts";
import { nextState, type Phase } from "#domain/item/lifecycle.ts";
import { runEffect } from "#domain/item/settle-run.ts";
import { OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import { parked } from "./holder-plans.ts";
import type { Plan, PlanFacts } from "./plan.ts";

/** How runs end that do not end themselves, and how reviews go on. */

const LEASE = "system:lease";

/**
 * Takes an item from its run: counts what the outcome counts, and parks where that is spent.
 * @param notBeforeMs nobody is given the item before, epoch milliseconds; default what the outcome says
 */
export function lossPlan(facts: PlanFacts, outcome: Outcome, note?: string, notBeforeMs?: number): Plan {
  const { item, ref, now, random } = facts;
  const { park, ...counters } = runEffect(item, outcome, now, random());
  const back = item.state === "open" ? {} : { state: nextState(item.state, "return", ref) };
  const place = park === undefined ? { ...back, phase: null, phasesLeft: [] } : parked(facts);
  const text = [park, note].filter((part) => part !== undefined).join("\n\n");
  return {
    change: {
      ...counters,
      ...(notBeforeMs === undefined ? {} : { notBefore: notBeforeMs }),
      ...NO_LEASE,
      ...place,
    },
    operation: park === undefined ? "run.end" : "park",
    facts: { outcome, ...(note === undefined ? {} : { reason: note }) },
    run: { ends: outcome, reason: note },
    notes: text === "" ? [] : [{ kind: park === undefined ? "run" : "park", body: text }],
  };
}

/** The lease ended by time. Of an open item the run is lost, and the item free again, or parked when too many were lost. */
export function expiryPlan(facts: PlanFacts): Plan {
  const { item, now, random } = facts;
  if (item.state !== "open") return { change: NO_LEASE, operation: "lease.expired", actor: LEASE };
  const { park, ...counters } = runEffect(item, "expired", now, random());
  return {
    change: { ...counters, ...NO_LEASE, ...(park === undefined ? {} : parked(facts)) },
    operation: park === undefined ? "lease.expired" : "park",
    actor: LEASE,
    run: { ends: "expired" },
    notes: park === undefined ? [] : [{ kind: "park", body: park, actor: LEASE, ofRun: false }],
  };
}

/** Back from the review: the next run gets the reason. */
export function returnPlan(facts: PlanFacts, outcome: Outcome, reason: string): Plan {
  const { item, ref } = facts;
  const note = { kind: "return", body: reason } as const;
  if (item.phase === "verify" || OUTCOMES[outcome] !== "free") {
    const loss = lossPlan(facts, outcome);
    return { ...loss, notes: [note, ...(loss.notes ?? [])] };
  }
  const state = nextState(item.state, "return", ref);
  return {
    change: { state, phase: null, phasesLeft: [], ...NO_LEASE },
    facts: { outcome, reason },
    notes: [note],
  };
}

/**
 * The phase has passed: on to the next, or done.
 * @param left phases still to pass, in order
 */
export function advancePlan({ item, ref, now }: PlanFacts, left: readonly Phase[], note?: string): Plan {
  const [next, ...phasesLeft] = left;
  const notes = note === undefined ? [] : [{ kind: "review", body: note } as const];
  const facts = { passed: item.phase };
  if (next === undefined) {
    const state = nextState(item.state, "settle", ref);
    const change = { state, phase: null, phasesLeft: [], closedAt: now, ...NO_LEASE };
    return { change, operation: "settle", facts, notes };
  }
  const state = nextState(item.state, "advance", ref);
  const keeps = item.leaseId !== null && next === "land" ? {} : NO_LEASE; // the worker that checked goes on to land
  return { change: { state, phase: next, phasesLeft, notBefore: null, ...keeps }, facts, notes };
}
