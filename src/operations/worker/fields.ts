import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { HALF } from "#operations/half.ts";
import type { Operation } from "#operations/operation.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

/** What the operations of workers have in common. */
export const FOR_WORKERS = {
  ...HALF,
  errors: ["not_found", "conflict", "lease_lost"],
} as const satisfies Partial<Operation>;

export const RunId = z.int().positive().describe("Number of the run");
export const ItemId = z.int().positive().describe("Number of the item");
export const LeaseId = z.string().min(1).max(100);
/** Length of a lease, milliseconds. */
export const Ttl = z.int().positive().max(86_400_000);
/** Name of a runner, as its actor's: `codex` is `ai:codex`; `repo:ID@HOST` stands for a repository's remote. */
export const Runner = z.string().min(1).max(200);
/** Epoch milliseconds, in the store's time. */
export const Moment = z.int().nonnegative();
/** How long something is left alone, milliseconds. */
export const Pause = z.number().nonnegative();
export const Text = z.string().max(65_536);

/** The product in its own name: what a worker decides about runs and reviews. */
export const asWorker = (context: Context, host: string): Caller => ({
  ...proofOf(context, host),
  actor: { kind: "system", name: "worker" },
  authority: "system",
});

/** An agent, with no more than an agent's rights: in its name the worker claims and reports. */
export const asAgent = (context: Context, host: string, name: string): Caller => ({
  ...proofOf(context, host),
  actor: parseActor(name),
  authority: "agent",
});

/** The agent that a run was given to. Refuses with `denied` the run of a person: in another's name no machine writes. */
export function asHolder(context: Context, host: string, { id, holder, leaseId }: Run): Caller {
  const agent = asAgent(context, host, holder);
  if (agent.actor.kind === "ai") return { ...agent, lease: leaseId, run: runRef(id) };
  throw new SluiceError("denied", `${runRef(id)} is not the run of an agent`, {
    hint: "Only its holder reports it",
    details: { needed: "the run of an agent", has: holder },
  });
}

/** A token stays on what is written under it, whoever's name it bears. */
const proofOf = ({ caller: { token } }: Context, host: string) =>
  ({
    auth: token === undefined ? "run" : "token",
    interface: "worker",
    host,
    ...(token === undefined ? {} : { token }),
  }) as const;
