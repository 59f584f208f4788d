import { expect } from "bun:test";
import { z } from "zod";
import type { FaultBench, Peer } from "./fault-bench.ts";

const Acked = z.discriminatedUnion("acked", [
  z.object({ acked: z.literal("add"), id: z.number(), title: z.string() }),
  z.object({ acked: z.literal("claim"), id: z.number(), run: z.number(), lease: z.string() }),
  z.object({ acked: z.literal("note"), id: z.number(), note: z.number(), body: z.string() }),
  z.object({ acked: z.literal("finish"), id: z.number(), run: z.number() }),
]);
type Acked = z.infer<typeof Acked>;

export interface ChurnOptions {
  readonly writers: number;
  readonly synchronous?: "full" | "normal";
  /** Acknowledged rows after which each writer is killed, in whatever it then does. */
  readonly lines: number;
  /** What happens between the rows and the kill. */
  readonly fault?: () => Promise<void>;
}

/** Processes that add, claim, note and finish until they are killed; then everything that was acknowledged is looked for. */
export async function auditChurn(b: FaultBench, options: ChurnOptions): Promise<void> {
  const { writers, synchronous, lines, fault } = options;
  const peers = await b.peers(writers, synchronous);
  for (const peer of peers) peer.send({ do: "churn", projectId: b.projectId, jobs: 100_000 });
  const acked = (await Promise.all(peers.map((peer) => killAfter(peer, lines, fault)))).flat();
  expect(acked.length).toBeGreaterThanOrEqual(writers * lines);
  for (const row of acked) await expectKept(b, row);
  await expectAttributed(b, acked);
  expect(await b.findings()).toEqual([]);
}

async function killAfter(peer: Peer, lines: number, fault?: () => Promise<void>): Promise<readonly Acked[]> {
  const acked: Acked[] = [];
  while (acked.length < lines) acked.push(Acked.parse(await peer.read()));
  await fault?.();
  peer.signal("SIGKILL");
  acked.push(...(await peer.rest()).map((line) => Acked.parse(line)));
  await peer.ended;
  return acked;
}

async function expectKept({ store }: FaultBench, row: Acked): Promise<void> {
  const { item, notes } = await store.items.get({ id: row.id });
  switch (row.acked) {
    case "add":
      return expect(item.title).toBe(row.title);
    case "claim":
      return expect((await store.runs.get({ id: row.run })).itemId).toBe(row.id);
    case "note":
      return expect(notes.find(({ id }) => id === row.note)?.body).toBe(row.body);
    case "finish":
      return expect([item.state, (await store.runs.get({ id: row.run })).itemId]).toEqual(["review", row.id]);
  }
}

/** Each change is one event: an item was added once, claimed once per run, finished at most once per run. */
async function expectAttributed({ store }: FaultBench, acked: readonly Acked[]): Promise<void> {
  for (const id of new Set(acked.map((row) => row.id))) {
    const page = { limit: 200 };
    const { items } = await store.history.events({ stream: "item", streamId: id, newestFirst: false, page });
    expect(items.map(({ n }) => n)).toEqual(items.map((_, at) => at + 1));
    const told = (operation: string) => items.filter((event) => event.operation === operation);
    expect(told("add")).toHaveLength(1);
    for (const row of acked)
      if (row.id === id && (row.acked === "claim" || row.acked === "finish"))
        expect(told(row.acked).filter(({ runId }) => runId === row.run)).toHaveLength(1);
    for (const event of [...told("claim"), ...told("finish"), ...told("note")])
      expect([event.actor, event.runId === null]).toEqual(["ai:robot", false]);
  }
}
