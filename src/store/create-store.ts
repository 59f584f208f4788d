import { uuidv7 } from "#domain/ids.ts";
import { DEFAULT_LANES } from "#domain/lane.ts";
import type { Store } from "#operations/ports/store.ts";
import { claimStore } from "./claims.ts";
import { commitStore } from "./commits.ts";
import { createCore, databaseNow, type Core, type CoreOptions } from "./core.ts";
import type { Database, StoreDialect } from "./dialect.ts";
import { gateStore } from "./gate.ts";
import { historyStore } from "./history.ts";
import { once } from "./idempotency.ts";
import { itemStore } from "./items.ts";
import { projectStore } from "./projects.ts";
import { runStore } from "./runs.ts";

export interface CreateStoreOptions extends Partial<
  Pick<CoreOptions, "random" | "uid" | "leaseId" | "patienceMs">
> {
  readonly db: Database;
  readonly dialect: StoreDialect;
  /** Path or address, without a password. */
  readonly place: string;
}

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** 128 random bits: no restore, retry or re-used name makes an old lease valid again. */
const newLeaseId = (): string => `L${Buffer.from(randomBytes(16)).toString("base64url")}`;

/** What the parts of a store share, over an open database. */
export function coreOf({ db, dialect, ...options }: Omit<CreateStoreOptions, "place">): Core {
  const uid = (now: number) => uuidv7(now, randomBytes(10));
  return createCore({ random: Math.random, uid, leaseId: newLeaseId, ...options, db, dialect });
}

/** One store over either database. Fills the default lanes into a new workspace. */
export async function createStore({ place, ...options }: CreateStoreOptions): Promise<Store> {
  const { db, dialect } = options;
  const core = coreOf(options);
  await fillLanes(db);
  return {
    ...membersOf(core, place),
    close: async () => {
      await db.destroy();
      await dialect.close();
    },
  };
}

/** All but closing. A call under a key gets the same over its own transaction. */
function membersOf(core: Core, place: string): Omit<Store, "close"> {
  return {
    place,
    once: once(core, (call) => ({ ...membersOf(call, place), close: async () => {} })),
    projects: projectStore(core),
    gate: gateStore(core),
    items: itemStore(core),
    claims: claimStore(core),
    runs: runStore(core),
    commits: commitStore(core),
    history: historyStore(core),
    now: () => core.read((handle) => databaseNow(handle, core.dialect)),
  };
}

async function fillLanes(db: Database): Promise<void> {
  const first = await db.selectFrom("lane").select("name").limit(1).executeTakeFirst();
  if (first !== undefined) return;
  const rows = DEFAULT_LANES.map(({ name, order, role }) => ({ name, rank: order, role }));
  await db
    .insertInto("lane")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
