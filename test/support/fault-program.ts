// A process of its own on a workspace: `bun fault-program.ts PLACE CLOCK-FILE`. Reads one JSON command per line, answers one JSON line each.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { RUN_WRITES } from "./run-writes.ts";
import { agent, human } from "./stores.ts";

const Command = z.discriminatedUnion("do", [
  z.object({ do: z.literal("claim"), id: z.number().optional() }),
  z.object({ do: z.literal("write"), name: z.string(), lease: z.string(), id: z.number() }),
  z.object({ do: z.literal("propose"), projectId: z.number(), key: z.string() }),
  z.object({ do: z.literal("churn"), projectId: z.number(), jobs: z.number() }),
  z.object({ do: z.literal("drain"), ms: z.number() }),
  z.object({ do: z.literal("finishAndDie"), lease: z.string() }),
  z.object({ do: z.literal("addAndDie"), projectId: z.number(), key: z.string() }),
]);
type Command = z.infer<typeof Command>;

const [, , place = "", clockFile = "", synchronous = "normal"] = process.argv;
const store = await openStore({
  place,
  poolSize: 1,
  synchronous: synchronous === "full" ? "full" : "normal",
  clockOffsetMs: () => Number(readFileSync(clockFile, "utf8")),
});
say({ ready: true });
for await (const line of createInterface({ input: process.stdin }))
  say(await act(store, Command.parse(JSON.parse(line))));
await store.close();

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function act(at: Store, command: Command): Promise<unknown> {
  switch (command.do) {
    case "claim":
      return attempt(() => claim(at, command.id));
    case "write":
      return attempt(() => RUN_WRITES[command.name]?.(at, command.lease, command.id));
    case "propose":
      return attempt(() => propose(at, command.projectId, command.key));
    case "churn":
      return churn(at, command.projectId, command.jobs);
    case "drain":
      return drain(at, command.ms);
    case "finishAndDie":
      await at.claims.finish({ by: agent(), leaseId: command.lease, outcome: "changed", evidence: [] });
      process.kill(process.pid, "SIGKILL");
      return undefined;
    case "addAndDie":
      await addOnce(at, command.projectId, command.key);
      process.kill(process.pid, "SIGKILL");
      return undefined;
  }
}

async function claim(at: Store, id: number | undefined): Promise<object> {
  const request = { by: agent(), ttlMs: MIN_LEASE_MS, runner: { host: "here" } };
  const made =
    id === undefined
      ? await at.claims.next({ ...request, filter: {} })
      : await at.claims.item({ ...request, id });
  return made === undefined ? { id: null } : { id: made.item.id, lease: made.lease.id, run: made.runId };
}

async function propose(at: Store, projectId: number, key: string): Promise<object> {
  const { candidate, filed } = await at.gate.propose({
    by: human(),
    proposal: {
      projectId,
      title: `Wish ${key}`,
      spec: EMPTY_SPEC,
      wishes: {},
      source: "scan",
      fingerprint: key,
    },
  });
  return { id: candidate.id, filed };
}

/** Adds an item under a key: the call that a retry repeats. */
function addOnce(at: Store, projectId: number, key: string): Promise<unknown> {
  const item = { projectId, title: "Keyed", spec: EMPTY_SPEC };
  return at.once({
    by: human(),
    key,
    operation: "item.add",
    inputHash: "the same",
    work: async (store) => (await store.items.add({ by: human(), item })).item.id,
  });
}

/** Adds, claims, notes and finishes; says each row once the store has acknowledged it. */
async function churn(at: Store, projectId: number, jobs: number): Promise<object> {
  for (let job = 0; job < jobs; job += 1) {
    const title = `Job ${process.pid}/${job} of the churn`;
    const added = await at.items.add({
      by: human(),
      item: { projectId, title, spec: EMPTY_SPEC, lane: "autonomous_safe" },
    });
    say({ acked: "add", id: added.item.id, title });
    const made = await at.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
    if (made === undefined) continue;
    const { id } = made.item;
    say({ acked: "claim", id, run: made.runId, lease: made.lease.id });
    const body = `Half done by ${process.pid}`;
    const note = await at.items.note({ by: agent("robot", made.lease.id), id, body });
    say({ acked: "note", id, note: note.id, body });
    await at.claims.finish({ by: agent(), leaseId: made.lease.id, outcome: "changed", evidence: [] });
    say({ acked: "finish", id, run: made.runId });
  }
  return { done: true };
}

/** Claims and gives back for a while; answers how often it could. A call that waits past its deadline ends the program. */
async function drain(at: Store, ms: number): Promise<object> {
  const until = performance.now() + ms;
  let jobs = 0;
  while (performance.now() < until) {
    const made = await at.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
    if (made === undefined) break;
    await at.claims.release({ by: agent(), leaseId: made.lease.id, note: "Again" });
    jobs += 1;
  }
  return { jobs };
}

async function attempt(work: () => Promise<unknown> | undefined): Promise<unknown> {
  try {
    const answer = await work();
    return { code: "written", ...(typeof answer === "object" ? answer : {}) };
  } catch (error) {
    return { code: error instanceof SluiceError ? error.code : String(error) };
  }
}
