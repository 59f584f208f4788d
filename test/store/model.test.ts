import { expect, test } from "bun:test";
import fc from "fast-check";
import { SluiceError } from "#domain/errors.ts";
import type { Store } from "#operations/ports/store.ts";
import { agent, human } from "#test/stores.ts";
import { eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";
import {
  HOLDERS,
  isReady,
  LEASE_MS,
  lose,
  newItem,
  passTime,
  PEOPLE,
  take,
  type HolderVerb,
  type ModelItem,
  type PersonVerb,
} from "./model.ts";

const ITEMS = 3;
/** Histories of a default run: together at most 15 s on two processors. `SLUICE_TEST_HISTORIES` asks for more. */
const HISTORIES = { sqlite: 12, postgres: 4 } as const;
const by = human();
const at = fc.nat({ max: ITEMS - 1 });
const actor = fc.constantFrom("robot", "codex");
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("next" as const), actor }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("claim" as const), actor, at }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("hold" as const),
      verb: fc.constantFrom<HolderVerb>("note", "heartbeat", "release", "finish", "block", "ask"),
      /** Which of the leases that ever were is used, newest first. */
      lease: fc.constantFrom(0, 0, 0, 1, 2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      at,
      outcome: fc.constantFrom("interrupted" as const, "check_failed" as const, "revoked" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("person" as const),
      at,
      verb: fc.constantFrom<PersonVerb>(
        "close",
        "drop",
        "reopen",
        "block",
        "unblock",
        "pass",
        "return",
        "decide",
        "to triage",
        "to agents",
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(2, 5, 10) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  readonly lease: string;
  readonly id: number;
  readonly actor: string;
  /** The call that ended it; the same again answers its first result. */
  ended?: HolderVerb;
}

const holderCalls: Readonly<Record<HolderVerb, (store: Store, held: Held) => Promise<unknown>>> = {
  note: (store, { lease, id, actor: name }) => store.items.note({ by: agent(name, lease), id, body: "Half" }),
  heartbeat: (store, { lease }) => store.claims.heartbeat({ by: agent(), leaseId: lease }),
  release: (store, { lease }) => store.claims.release({ by: agent(), leaseId: lease, note: "Later" }),
  finish: (store, { lease }) =>
    store.claims.finish({ by: agent(), leaseId: lease, outcome: "no_change", note: "Dry", evidence: [] }),
  block: (store, { lease }) => store.claims.block({ by: agent(), leaseId: lease, note: "No ladder" }),
  ask: (store, { lease }) =>
    store.claims.ask({ by: agent(), leaseId: lease, question: "Slate?", options: [] }),
};

const reason = "Because";
const personCalls: Readonly<Record<PersonVerb, (store: Store, id: number) => Promise<unknown>>> = {
  close: ({ items }, id) => items.close({ by, id, reason, evidence: [] }),
  drop: ({ items }, id) => items.drop({ by, id, reason }),
  reopen: ({ items }, id) => items.reopen({ by, id, reason }),
  block: ({ claims }, id) => claims.blockItem({ by, id, note: reason }),
  unblock: ({ items }, id) => items.unblock({ by, id }),
  pass: ({ claims }, id) => claims.advance({ by, id, phase: "human" }),
  return: ({ claims }, id) => claims.return({ by, id, outcome: "released", reason }),
  decide: ({ items }, id) => items.decide({ by, id, answer: "Yes", reason }),
  "to triage": ({ items }, id) => items.move({ by, id, lane: LANE.triage }),
  "to agents": ({ items }, id) => items.move({ by, id, lane: LANE.agent }),
};

/** The code that a call is refused with; `done` when it is not. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}

/** One history on the store and on the model, compared after each step. */
async function follow(bench: StoreBench, steps: readonly Step[]): Promise<void> {
  const { store } = bench;
  const { id: projectId } = await bench.project();
  const model = new Map<number, ModelItem>();
  for (let n = 0; n < ITEMS; n += 1) model.set((await bench.add({ projectId })).id, newItem());
  const ids = Array.from(model.keys());
  const leases: Held[] = [];
  let now = 0;
  const modelOf = (id: number): ModelItem => model.get(id) ?? newItem();
  const given = (lease: string, id: number, name: string) => {
    expect(leases.map((held) => held.lease)).not.toContain(lease);
    leases.unshift({ lease, id, actor: name });
    take(modelOf(id), lease, now);
  };
  const acts: { [K in Step["do"]]: (one: Extract<Step, { do: K }>) => Promise<void> } = {
    next: async ({ actor: name }) => {
      const ready = ids.filter((id) => isReady(modelOf(id), now));
      const request = { by: agent(name), filter: { projectIds: [projectId] }, ttlMs: LEASE_MS, runner: {} };
      const claim = await store.claims.next(request);
      if (claim === undefined) {
        expect(ready).toEqual([]);
        return;
      }
      expect(ready).toContain(claim.item.id);
      given(claim.lease.id, claim.item.id, name);
    },
    claim: async (one) => {
      const id = ids[one.at] ?? 0;
      const may = isReady(modelOf(id), now);
      const claim = await bench
        .claim(id, { by: agent(one.actor), ttlMs: LEASE_MS })
        .catch((error: unknown) => {
          expect(error instanceof SluiceError ? error.code : error).toBe("conflict");
        });
      expect(claim !== undefined).toBe(may);
      if (claim !== undefined) given(claim.lease.id, id, one.actor);
    },
    hold: async ({ verb, lease: nth }) => {
      const held = leases[nth];
      if (held === undefined) return;
      const item = modelOf(held.id);
      const holds = item.lease === held.lease;
      const expected = holds || held.ended === verb ? "done" : "lease_lost";
      expect(await outcomeOf(holderCalls[verb](store, held))).toBe(expected);
      if (!holds) return;
      HOLDERS[verb](item, now);
      if (item.lease === null) held.ended = verb;
    },
    end: async ({ at: nth, outcome }) => {
      const id = ids[nth] ?? 0;
      const { leaseRunId } = await bench.item(id);
      if (leaseRunId === null) {
        expect(modelOf(id).lease).toBeNull();
        return;
      }
      await store.claims.end({ by, runId: leaseRunId, outcome });
      lose(modelOf(id), outcome, now);
    },
    person: async ({ at: nth, verb }) => {
      const id = ids[nth] ?? 0;
      const may = PEOPLE[verb].when(modelOf(id));
      expect(await outcomeOf(personCalls[verb](store, id))).toBe(may ? "done" : "conflict");
      if (may) model.set(id, PEOPLE[verb].does(modelOf(id)));
    },
    wait: async ({ minutes }) => {
      bench.advance(minutes * MINUTE);
      now += minutes;
      for (const item of model.values()) passTime(item, now);
      // any claim, also one that finds nothing, looks at what is due
      await store.claims.next({ by: agent(), filter: { projectIds: [0] }, ttlMs: LEASE_MS, runner: {} });
    },
  };
  const run = <K extends Step["do"]>(name: K, one: Extract<Step, { do: K }>) => acts[name](one);
  for (const one of steps) {
    await runStep(run, one);
    for (const id of ids) expect([one, await seen(bench, id)]).toEqual([one, told(modelOf(id))]);
  }
}

/** Narrows a step to the act of its name. */
function runStep(
  run: <K extends Step["do"]>(name: K, one: Extract<Step, { do: K }>) => Promise<void>,
  one: Step,
): Promise<void> {
  switch (one.do) {
    case "next":
      return run("next", one);
    case "claim":
      return run("claim", one);
    case "hold":
      return run("hold", one);
    case "end":
      return run("end", one);
    case "person":
      return run("person", one);
    case "wait":
      return run("wait", one);
  }
}

async function seen({ item: read }: StoreBench, id: number) {
  const { state, lane, resumeLane: resume, leaseId: lease, attempts, losses } = await read(id);
  return { state, lane, resume, lease, attempts, losses };
}

function told({ state, lane, resume, lease, attempts, losses }: ModelItem) {
  return { state, lane, resume, lease, attempts, losses };
}

eachStore((bench) => {
  test("LC40 after any history of people and agents the items are where the model says, and the check finds nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 30 }), async (steps) => {
        await follow(bench, steps);
        expect(await bench.store.history.check({ deep: true })).toEqual([]);
      }),
      { numRuns: Number(process.env["SLUICE_TEST_HISTORIES"] ?? HISTORIES[bench.kind]), endOnFailure: false },
    );
  }, 600_000);
});
