import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { nextState } from "#domain/item/lifecycle.ts";
import { reviewPhases } from "#domain/item/review-phases.ts";
import { attendedMs } from "#domain/schedule/held-time.ts";
import { queuePlace } from "#domain/schedule/queue-place.ts";
import { formatActor } from "#domain/actor.ts";
import { LANDINGS } from "#operations/ports/store/project-store.ts";
import type { ClaimStore, Finished } from "#operations/ports/store/claim-store.ts";
import { byHolder } from "./claim-end.ts";
import { saveItem } from "#store/item/save-item.ts";
import type { Core } from "#store/core.ts";
import type { LeasedRow, LeasedWrite } from "./hot-paths.ts";
import { addEvidence } from "#store/item/item-change.ts";
import { itemDifferences, NO_LEASE, readItem, toldOf } from "#store/item/item-row.ts";
import { addNote } from "#store/item/notes.ts";
import { projectPolicy, readPolicy } from "#store/project/project-row.ts";
import { refOf } from "#store/item/refs.ts";

type Request = Parameters<ClaimStore["finish"]>[0];

/** The lease that a worker gets when its agent has finished: long enough to find the agent's end; renewed by each call. */
const HANDOVER_MS = 60_000;

/** Sends a finished item to review. Without a note or evidence it is one guarded write; anything unusual goes the general way. */
export async function finish(core: Core, request: Request): Promise<Finished> {
  const plain =
    !core.db.isTransaction &&
    request.note === undefined &&
    request.evidence.length === 0 &&
    request.outcome === "changed";
  return (plain ? await finishPlain(core, request) : undefined) ?? (await finishWithWords(core, request));
}

async function finishWithWords(
  core: Core,
  { by, leaseId, outcome, note, evidence }: Request,
): Promise<Finished> {
  return core.write(by, "finish", async (unit) => {
    const ended = await byHolder(
      unit,
      leaseId,
      (run) => run.reported !== null,
      async (item, runId) => {
        nextState(item.state, "finish", await refOf(unit.tx, item.id));
        if (outcome === "no_change" && (note === undefined || note.trim() === ""))
          throw new SluiceError("invalid", "Finishing with no_change needs a reason", {
            hint: "Say why nothing had to change: --note TEXT",
            details: { field: "note" },
          });
        if (note !== undefined)
          await addNote(unit, item.id, { kind: "finish", body: note, runId, byHolder: true });
        await addEvidence(unit, item.id, runId, evidence);
        const { worker_id: workerId } = await unit.tx
          .selectFrom("run")
          .select("worker_id")
          .where("id", "=", runId)
          .executeTakeFirstOrThrow();
        const { landing, policy } = await projectPolicy(unit.tx, item.projectId);
        const handed = hand(item, {
          outcome,
          workerId,
          landing,
          humanReview: policy.humanReview === true,
          now: unit.now,
          newLease: unit.core.leaseId(),
        });
        await unit.tx.updateTable("run").set(handed.run).where("id", "=", runId).execute();
        await saveItem(unit, item, handed.change, { facts: { outcome } });
      },
    );
    return { item: ended.detail.item, runId: ended.run.id };
  });
}

interface Handing extends Pick<Request, "outcome"> {
  readonly workerId: string | null;
  readonly landing: (typeof LANDINGS)[number];
  readonly humanReview: boolean;
  readonly now: number;
  readonly newLease: string;
}

/** From the agent to the review: the agent's lease dies; the run's worker, if it has one, gets a new one under an id of its own. */
function hand(
  item: Item,
  { outcome, workerId, landing, humanReview, now, newLease }: Handing,
): { readonly change: Partial<Item>; readonly run: Readonly<Record<string, string | number>> } {
  const [phase = "human", ...phasesLeft] = reviewPhases({
    outcome,
    landing,
    humanReview,
    hasWorker: workerId !== null,
  });
  const works = workerId !== null && phase === "verify";
  const lease = works
    ? {
        leaseId: newLease,
        holder: "system:worker" as const,
        leaseRunId: item.leaseRunId,
        leaseAcquiredAt: now,
        leaseExpiresAt: now + HANDOVER_MS,
        leaseTtlMs: HANDOVER_MS,
      }
    : NO_LEASE;
  return {
    change: { state: "review", phase, phasesLeft, notBefore: null, ...lease },
    run: { reported: outcome, ...(works ? {} : { ended_at: now, outcome }) },
  };
}

/** Undefined where the general way must answer: no live lease, a repeated call, or the item moved meanwhile. */
async function finishPlain(core: Core, { by, leaseId, outcome }: Request): Promise<Finished | undefined> {
  return core.oneWrite(async (handle) => {
    const leased = await core.dialect.hot.readLeased(handle, leaseId);
    if (leased === undefined || leased.item.has_paths === 1 || leased.item.lease_run_id === null)
      return undefined;
    const before = readItem(leased.item);
    if (leased.workerId === null && attendedMs(before, leased.now) !== undefined) return undefined;
    const after = finished(core, before, leased, outcome);
    const runId = leased.item.lease_run_id;
    const event = {
      actor: formatActor(by.actor),
      auth: by.auth,
      door: by.door,
      operation: "finish",
      changes: JSON.stringify({ ...toldOf(after.changed), outcome }),
    };
    const write: LeasedWrite = {
      itemId: before.id,
      eventN: before.eventN,
      leaseId,
      columns: after.columns,
      run: { id: runId, columns: after.run },
      event,
    };
    const updatedAt = await core.dialect.hot.saveLeased(handle, write);
    return updatedAt === undefined ? undefined : { item: { ...after.item, updatedAt }, runId };
  });
}

function finished(core: Core, before: Item, leased: LeasedRow, outcome: Request["outcome"]) {
  const { now, workerId, laneRole } = leased;
  const landing = LANDINGS.find((name) => name === leased.landing) ?? "merge";
  const { humanReview = false } = readPolicy(leased.policy);
  const { change, run } = hand(before, {
    outcome,
    workerId,
    landing,
    humanReview,
    now,
    newLease: core.leaseId(),
  });
  const item: Item = { ...before, ...change };
  const place = queuePlace({ ...item, laneRole }, now);
  const changed = itemDifferences(before, item);
  const columns = Object.fromEntries(
    Object.entries(changed).map(([column, [, value]]) => [column, plain(value)]),
  );
  return {
    item: { ...item, eventN: before.eventN + 1, updatedAt: now },
    changed,
    columns: { ...columns, q: place.q, wake_at: place.wakeAt },
    run,
  };
}

const plain = (value: unknown): string | number | null =>
  typeof value === "string" || typeof value === "number" ? value : null;
