import { SluiceError } from "#domain/errors.ts";
import { STORE_MEMBERS } from "#operations/ports/store-members.ts";
import type { Store, VersionedCall } from "#operations/ports/store.ts";
import type { CommitStore } from "#operations/ports/store/commit-store.ts";
import type { DenialStore } from "#operations/ports/store/denial-store.ts";
import type { GateStore } from "#operations/ports/store/gate-store.ts";
import type { HistoryStore } from "#operations/ports/store/history-store.ts";
import type { ItemStore } from "#operations/ports/store/item-store.ts";
import type { RunStore } from "#operations/ports/store/run-store.ts";
import type { TokenStore } from "#operations/ports/store/token-store.ts";
import { claimStore } from "#store/claim/claims.ts";
import { refOf } from "#store/item/refs.ts";
import { projectStore } from "#store/project/projects.ts";
import { createCore, databaseNow, type Core, type CoreOptions } from "./core.ts";
import type { Database, StoreDialect } from "./dialect.ts";
import { lazyPart } from "./lazy-part.ts";

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

/** One store over either database. */
export function createStore({ place, ...options }: CreateStoreOptions): Store {
  const { db, dialect } = options;
  const close = async () => {
    await db.destroy();
    await dialect.close();
  };
  return { ...membersOf(coreOf(options), place), close };
}

/** All but closing. What a call does in one transaction gets the same over that transaction. */
function membersOf(core: Core, place: string): Omit<Store, "close"> {
  const within = (own: Core): Store => ({ ...membersOf(own, place), close: async () => {} });
  return {
    place,
    once: async (call) => {
      const { once } = await import("./history/idempotency.ts");
      return await once(core, within)(call);
    },
    atVersion: (call) => atVersion(core, within, call),
    transaction: (work) => core.inOne(core.key, (own) => work(within(own))),
    projects: projectStore(core),
    gate: lazyPart<GateStore>(STORE_MEMBERS.gate, async () =>
      (await import("./gate/gate.ts")).gateStore(core),
    ),
    items: lazyPart<ItemStore>(STORE_MEMBERS.items, async () =>
      (await import("./item/items.ts")).itemStore(core),
    ),
    claims: claimStore(core),
    runs: lazyPart<RunStore>(STORE_MEMBERS.runs, async () => (await import("./run/runs.ts")).runStore(core)),
    commits: lazyPart<CommitStore>(STORE_MEMBERS.commits, async () =>
      (await import("./git/commits.ts")).commitStore(core),
    ),
    history: lazyPart<HistoryStore>(STORE_MEMBERS.history, async () =>
      (await import("./history/history.ts")).historyStore(core),
    ),
    denials: lazyPart<DenialStore>(STORE_MEMBERS.denials, async () =>
      (await import("./token/denials.ts")).denialStore(core),
    ),
    tokens: lazyPart<TokenStore>(STORE_MEMBERS.tokens, async () =>
      (await import("./token/tokens.ts")).tokenStore(core),
    ),
    state: () => core.dialect.state(),
    now: () => core.read((handle) => databaseNow(handle, core.dialect)),
  };
}

/**
 * A UUIDv7 (RFC 9562 section 5.7): the machine's name of an entity, ordered by creation time.
 * @param nowMs epoch milliseconds
 * @param random ten random bytes
 */
function uuidv7(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(nowMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const hex = bytes.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `Store.atVersion`: the row is locked before it is looked at, so that nobody edits it until the change is written. */
function atVersion<T>(
  core: Core,
  storeOf: (call: Core) => Store,
  { id, version, work }: VersionedCall<T>,
): Promise<T> {
  return core.inOne(core.key, async (call, tx) => {
    const row = await tx
      .selectFrom("item")
      .select("version")
      .where("id", "=", id)
      .modifyEnd(core.dialect.forUpdate)
      .executeTakeFirst();
    const ref = await refOf(tx, id);
    if (row === undefined)
      throw new SluiceError("not_found", `There is no item ${ref}`, { details: { ref } });
    if (row.version === version) return await work(storeOf(call));
    throw new SluiceError("conflict", `${ref} is at version ${row.version}, not ${version}`, {
      hint: `Read it again: sluice item show ${ref}`,
      details: { ref, version: row.version },
    });
  });
}
