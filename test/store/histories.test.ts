import { expect, test } from "bun:test";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { SluiceError } from "#domain/errors.ts";
import { agent, human, openTestStore, STORE_KINDS, type StoreKind } from "#test/stores.ts";

const STEPS = 150;
const QUARTER_HOUR = 900_000;

/** The same numbers for the same seed, in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Held {
  readonly lease: string;
  readonly itemId: number;
  readonly runId: number;
}

/** People and agents that do at random what can be done, whatever comes of it; answers what each call came to, and the history. */
async function live(kind: StoreKind, seed: number): Promise<readonly string[]> {
  const opened = await openTestStore(kind, { synchronous: "normal", random: () => 0.25 });
  const { store } = opened;
  const draw = numbers(seed);
  const among = <T>(list: readonly T[]): T | undefined => list[Math.floor(draw() * list.length)];
  const told: string[] = [];
  const step = async (name: string, work: () => Promise<string>) => {
    const said = await work().catch((error: unknown) => {
      if (error instanceof SluiceError) return error.code;
      throw error;
    });
    told.push(`${name}: ${said}`);
  };
  try {
    const by = human();
    const projects = [
      await store.projects.add({ by, alias: "app", name: "App" }),
      await store.projects.add({ by, alias: "site", name: "Site", maxLeases: 2 }),
    ];
    const ids: number[] = [];
    const held: Held[] = [];
    const runner = () => (draw() < 0.5 ? { workerId: "w1", worker: "1", host: "here", runner: "codex" } : {});
    const keep = (claim: Awaited<ReturnType<typeof store.claims.item>>) => {
      held.push({ lease: claim.lease.id, itemId: claim.item.id, runId: claim.runId });
      return `${claim.item.id} by run ${claim.runId}, fence ${claim.lease.fence}`;
    };
    const verbs: readonly (() => Promise<void>)[] = [
      () =>
        step("add", async () => {
          const item = {
            title: "Mend the roof",
            spec: EMPTY_SPEC,
            lane: "autonomous_safe",
            projectId: among(projects)?.id ?? 0,
            priority: among(["P1", "P3"] as const),
            needs: draw() < 0.2 ? ["gpu"] : [],
          };
          const made = await store.items.add({ by, item });
          ids.push(made.item.id);
          return `${made.item.id}`;
        }),
      () =>
        step("next", async () => {
          const filter = {
            projectIds: [among(projects)?.id ?? 0],
            capabilities: draw() < 0.5 ? ["gpu"] : [],
          };
          const claim = await store.claims.next({
            by: agent("x"),
            filter,
            ttlMs: QUARTER_HOUR,
            runner: runner(),
          });
          return claim === undefined ? "none" : keep(claim);
        }),
      () =>
        step("claim", async () =>
          keep(
            await store.claims.item({
              by: agent("y"),
              id: among(ids) ?? 1,
              ttlMs: QUARTER_HOUR,
              runner: runner(),
            }),
          ),
        ),
      async () => opened.advance(among([500, 5_000, 60_000, QUARTER_HOUR + 1]) ?? 0),
      ...holderVerbs(),
    ];
    function holderVerbs(): readonly (() => Promise<void>)[] {
      const at = (name: string, work: (one: Held) => Promise<string>) => async () => {
        const one = among(held);
        if (one !== undefined) await step(name, () => work(one));
      };
      return [
        at("note", async ({ lease, itemId }) => {
          const note = await store.items.note({ by: agent("x", lease), id: itemId, body: "Seen" });
          return `${note.kind} of run ${note.runId}`;
        }),
        at("finish", async ({ lease }) => {
          const outcome = among(["changed", "no_change", "already_satisfied"] as const) ?? "changed";
          const note = draw() < 0.6 ? "Done" : undefined;
          const evidence = draw() < 0.5 ? [{ kind: "commit", value: "abc" }] : [];
          const done = await store.claims.finish({
            by: agent("x", lease),
            leaseId: lease,
            outcome,
            note,
            evidence,
          });
          return `${done.item.state} ${done.item.phase}`;
        }),
        at("release", async ({ lease }) => {
          const { detail, run } = await store.claims.release({
            by: agent("x", lease),
            leaseId: lease,
            note: "Back",
          });
          return `${detail.item.state} ${detail.item.tried} ${run.outcome}`;
        }),
        at("block", async ({ lease }) => {
          const prerequisite = draw() < 0.4 ? { title: "First this" } : undefined;
          const done = await store.claims.block({
            by: agent("x", lease),
            leaseId: lease,
            note: "No",
            prerequisite,
          });
          return `${done.detail.item.state} ${done.prerequisite?.kind}`;
        }),
        at("end", async ({ runId }) => {
          const outcome = among(["check_failed", "timed_out", "interrupted"] as const) ?? "timed_out";
          const { item } = await store.claims.end({ by, runId, outcome, note: "Ended" });
          return `${item.state} ${item.lane} ${item.attempts} ${item.losses}`;
        }),
        at("ask", async ({ lease }) => {
          const asked = { leaseId: lease, question: "Which?", options: ["this", "that"] };
          return (await store.claims.ask({ by: agent("x", lease), ...asked })).detail.item.lane;
        }),
        at("move", async ({ itemId }) => {
          await store.items.move({
            by,
            id: itemId,
            lane: among(["requires_triage", "autonomous_safe"]) ?? "",
          });
          return "moved";
        }),
      ];
    }
    for (let count = 0; count < STEPS; count += 1) await (count < 6 ? verbs[0] : among(verbs))?.();
    const page = { limit: 1_000 };
    const { items: entries } = await store.history.events({ newestFirst: false, page });
    for (const { stream, n, actor, operation, runId, changes } of entries)
      told.push(`${stream} ${n} ${actor} ${operation} ${runId} ${plain(changes)}`);
    expect(await store.history.check({ deep: true })).toEqual([]);
    return told;
  } finally {
    await opened.close();
  }
}

/** Times are each database's own. */
const plain = (changes: object): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(changes).toSorted(([a], [b]) => a.localeCompare(b))),
  ).replaceAll(/\d{13}/g, "TIME");

test.each([1, 2, 3, 4])(
  "ST36 one history of people and agents is the same on both databases, %d",
  async (seed) => {
    const [first, ...others] = await Promise.all(STORE_KINDS.map((kind) => live(kind, seed * 7_919)));
    for (const other of others) expect(other).toEqual(first ?? []);
    expect(first?.filter((line) => line.startsWith("finish: review")).length).toBeGreaterThan(0);
  },
);
