import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller } from "#domain/caller.ts";
import { parseActor } from "#domain/actor.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore, type OpenStoreOptions } from "#store/open-store.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";

/** Every behaviour of the store is tested on both. */
export const STORE_KINDS = ["sqlite", "postgres"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface TestStore {
  readonly store: Store;
  readonly place: string;
  /** A folder that is removed with the workspace. */
  readonly home: string;
  /** Opens the same workspace again, as another process would. */
  readonly again: (options?: Partial<OpenStoreOptions>) => Promise<Store>;
  /** Moves this store's clock forward. */
  readonly advance: (ms: number) => void;
  readonly close: () => Promise<void>;
}

let server: Promise<TestPostgres> | undefined;
let count = 0;

/** A new, empty workspace of a kind. */
export async function openTestStore(
  kind: StoreKind,
  options: Partial<OpenStoreOptions> = {},
): Promise<TestStore> {
  const home = mkdtempSync(join(tmpdir(), "sluice-store-"));
  const place = kind === "sqlite" ? join(home, "workspace.db") : await freshSchema();
  let offset = 0;
  const shared = { clockOffsetMs: () => offset, place, ...options };
  const opened: Store[] = [await openStore({ create: true, ...shared })];
  const [store] = opened;
  if (store === undefined) throw new Error("no store");
  return {
    store,
    place,
    home,
    again: async (more = {}) => {
      const other = await openStore({ ...shared, ...more });
      opened.push(other);
      return other;
    },
    advance: (ms) => {
      offset += ms;
    },
    close: async () => {
      for (const one of opened) await one.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Address of a schema that is not there yet. */
export async function freshSchema(): Promise<string> {
  server ??= startPostgres();
  const { url } = await server;
  count += 1;
  return `${url}${url.includes("?") ? "&" : "?"}schema=w${process.pid}_${Date.now()}_${count}`;
}

const caller = (name: string, authority: Caller["authority"], more: Partial<Caller> = {}): Caller => ({
  actor: parseActor(name),
  auth: "asserted",
  authority,
  interface: "test",
  host: "here",
  ...more,
});

/** A person. */
export const human = (name = "ada"): Caller => caller(`human:${name}`, "human");
/** An agent, inside a run when a lease is given. */
export const agent = (name = "robot", lease?: string): Caller =>
  caller(`ai:${name}`, "agent", lease === undefined ? {} : { lease, auth: "run" });
/** A worker's own calls. */
export const worker = (): Caller => caller("system:worker", "system");
