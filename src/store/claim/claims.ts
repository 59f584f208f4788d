import { requireHuman } from "#domain/caller.ts";
import type { ClaimStore, LeaseHolder } from "#operations/ports/store/claim-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { actorName } from "#store/item/item-row.ts";
import { loadOnce } from "#store/lazy-part.ts";

const next = loadOnce(async () => await import("./claim-next.ts"));
const holder = loadOnce(async () => await import("./holder-verbs.ts"));
const review = loadOnce(async () => await import("./review.ts"));
const view = loadOnce(async () => await import("#store/queue/queue-summary.ts"));

/** Each call loads what it needs: the agents' loop is one short process after another. */
export function claimStore(core: Core): ClaimStore {
  return {
    holderOf: ({ leaseId }) => core.read((db) => holderOf(core, db, leaseId)),
    next: async (request) => (await next()).claimNext(core, request),
    item: async (request) => (await import("./claim-one.ts")).claimItem(core, request),
    peek: async ({ filter }) => {
      const { peek } = await import("#store/queue/next-ready.ts");
      return core.read((db) => peek(core, db, filter));
    },
    ...viewMembers(core),
    heartbeat: async (request) => (await holder()).heartbeat(core, request),
    release: async (request) => (await holder()).release(core, request),
    block: async (request) => (await holder()).block(core, request),
    ask: async (request) => (await holder()).ask(core, request),
    finish: async (request) => (await holder()).finish(core, request),
    end: async (request) => (await review()).end(core, request),
    blockItem: async (request) => (await holder()).blockItem(core, request),
    park: async (request) => (await holder()).park(core, request),
    takeReview: async (request) => (await review()).takeReview(core, request),
    advance: async (request) => (await review()).advance(core, request),
    return: async (request) => (await review()).returnItem(core, request),
    leaveReview: async (request) => (await review()).leaveReview(core, request),
    pause: async (request) => {
      const { pause } = await view();
      await core.write(request.by, "pause", async (unit) => {
        requireHuman(unit.by, "pause work");
        await pause(unit, request);
      });
    },
    resume: async (request) => {
      const { resume } = await view();
      await core.write(request.by, "resume", async (unit) => {
        requireHuman(unit.by, "resume work");
        await resume(unit, request);
      });
    },
    pauses: async () => {
      const { pauses } = await view();
      return core.read((db) => pauses(db));
    },
  };
}

type View = Pick<
  ClaimStore,
  "pathHolder" | "summary" | "board" | "ahead" | "pressure" | "spentBudgets" | "countReady"
>;

/** What is only looked at. */
function viewMembers(core: Core): View {
  return {
    summary: async ({ projectIds }) => {
      const { summary } = await view();
      return core.read((db) => summary(core, db, projectIds));
    },
    board: async (request) => {
      const { board } = await import("#store/queue/board.ts");
      return core.read((db) => board(core, db, request));
    },
    ahead: async ({ id }) => {
      const { ahead } = await view();
      return core.read((db) => ahead(core, db, id));
    },
    pathHolder: async ({ id }) => {
      const { findHolder } = await import("./held-paths.ts");
      return core.read((db) => findHolder(core, db, id));
    },
    pressure: async ({ sinceMs }) => {
      const { pressure } = await import("#store/queue/pressure.ts");
      return core.read((db) => pressure(core, db, sinceMs));
    },
    spentBudgets: async ({ id }) => {
      const { spentBudgets } = await import("#store/queue/spent-budgets.ts");
      return core.read((db) => spentBudgets(core, db, id));
    },
    countReady: async ({ filter }) => {
      const { countReady } = await view();
      return core.read((db) => countReady(core, db, filter));
    },
  };
}

async function holderOf({ dialect }: Core, db: Database, leaseId: string): Promise<LeaseHolder | undefined> {
  const row = await db
    .selectFrom("item")
    .select(["holder", "lease_run_id", "project_id"])
    .where("lease_id", "=", leaseId)
    .where("lease_expires_at", ">", dialect.now)
    .executeTakeFirst();
  if (row === undefined || row.holder === null || row.lease_run_id === null) return undefined;
  return { actor: actorName(row.holder), runId: row.lease_run_id, projectId: row.project_id };
}
