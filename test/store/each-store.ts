import { afterAll, beforeAll, describe, expect } from "bun:test";
import type { Caller } from "#domain/caller.ts";
import { DEFAULT_LEASE_MS } from "#domain/claim/lease-change.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Item } from "#domain/item/item.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Claim, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import type { Proposal } from "#operations/ports/store/gate-store.ts";
import type { ItemDetail, NewItem } from "#operations/ports/store/item-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import { agent, human, openTestStore, STORE_KINDS, type StoreKind, type TestStore } from "#test/stores.ts";

export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const LANE = {
  triage: "requires_triage",
  decision: "requires_decision",
  investigation: "requires_investigation",
  manual: "requires_clickops",
  agent: "autonomous_safe",
} as const;

type ProjectWish = Partial<Omit<Parameters<Store["projects"]["add"]>[0], "by" | "alias">>;

/** One workspace that the tests of a file share; a test that asks for the next item works in a project of its own. */
export interface StoreBench {
  readonly kind: StoreKind;
  readonly store: Store;
  readonly test: TestStore;
  readonly advance: (ms: number) => void;
  readonly project: (wish?: ProjectWish) => Promise<Project>;
  /** An item in the agents' lane, added by a person; in a project that the tests of the file share, unless one is named. */
  readonly add: (wish?: Partial<NewItem>) => Promise<Item>;
  readonly claim: (
    id: number,
    options?: { by?: Caller; ttlMs?: number; runner?: RunnerInfo },
  ) => Promise<Claim>;
  /** The next item of one project. */
  readonly next: (project: number, by?: Caller) => Promise<Claim | undefined>;
  readonly get: (id: number) => Promise<ItemDetail>;
  readonly item: (id: number) => Promise<Item>;
  readonly proposal: (wish?: Partial<Proposal>) => Promise<Proposal>;
}

/** Defines the same tests for each database. After each file the store finds nothing wrong with itself. */
export function eachStore(define: (bench: StoreBench) => void): void {
  for (const kind of STORE_KINDS)
    describe(kind, () => {
      let opened: TestStore | undefined;
      beforeAll(async () => {
        opened = await openTestStore(kind, { synchronous: "normal" });
      }, 30_000);
      afterAll(async () => {
        const findings = await opened?.store.history.check({ deep: true });
        await opened?.close();
        expect(findings).toEqual([]);
      }, 30_000);
      define(bench(kind, () => opened));
    });
}

function bench(kind: StoreKind, opened: () => TestStore | undefined): StoreBench {
  let count = 0;
  let common: Promise<Project> | undefined;
  const here = (): TestStore => {
    const found = opened();
    if (found === undefined) throw new Error("the store is not open");
    return found;
  };
  const project: StoreBench["project"] = (wish = {}) => {
    count += 1;
    return here().store.projects.add({ by: human(), alias: `p${count}`, name: `Project ${count}`, ...wish });
  };
  const get: StoreBench["get"] = (id) => here().store.items.get({ id });
  return {
    kind,
    get store() {
      return here().store;
    },
    get test() {
      return here();
    },
    advance: (ms) => here().advance(ms),
    project,
    get,
    item: async (id) => (await get(id)).item,
    add: async (wish = {}) => {
      const projectId = wish.projectId ?? (await (common ??= project())).id;
      const item = { title: "Mend the roof", spec: EMPTY_SPEC, lane: LANE.agent, ...wish, projectId };
      return (await here().store.items.add({ by: human(), item })).item;
    },
    claim: (id, { by = agent(), ttlMs = DEFAULT_LEASE_MS, runner = {} } = {}) =>
      here().store.claims.item({ by, id, ttlMs, runner }),
    next: (projectId, by = agent()) =>
      here().store.claims.next({
        by,
        filter: { projectIds: [projectId] },
        ttlMs: DEFAULT_LEASE_MS,
        runner: {},
      }),
    proposal: async (wish = {}) => {
      const projectId = wish.projectId ?? (await project()).id;
      count += 1;
      return {
        title: `Wish ${count}`,
        spec: EMPTY_SPEC,
        wishes: {},
        source: "scan",
        fingerprint: `print-${count}`,
        ...wish,
        projectId,
      };
    },
  };
}
