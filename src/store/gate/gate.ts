import { sql } from "kysely";
import { formatActor, type ActorName } from "#domain/actor.ts";
import type { Item } from "#domain/item/item.ts";
import { requireHuman } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { Spec } from "#domain/item/spec.ts";
import { candidateRef } from "#domain/ref.ts";
import type { Candidate, CandidateState, GateStore } from "#operations/ports/store/gate-store.ts";
import type { GateRule } from "#operations/ports/store/project-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { candidates, readCandidate, toCandidate } from "./candidate-row.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import { blockAgain, freeOne, refuseDependents } from "#store/item/save-item.ts";
import { recordEvent } from "#store/history/events.ts";
import { addItem } from "#store/item/item-add.ts";
import { detailIn } from "#store/item/item-detail.ts";
import { lockItem, writeItem } from "#store/item/item-save.ts";
import { requireLiveRun } from "#store/claim/lease.ts";
import { refuseCycle } from "#store/item/links.ts";
import { addNote } from "#store/item/notes.ts";
import { projectPolicy } from "#store/project/project-row.ts";
import { fileCandidate, fileCandidates, findSimilar } from "./file-proposal.ts";
import { sweepMembers } from "./sweep-holds.ts";
import { importedFiles } from "./imported-files.ts";

/** A candidate that nobody looked at for this long expires; milliseconds (30 days). */
const EXPIRES_AFTER_MS = 30 * 86_400_000;

type Of<K extends keyof GateStore> = Parameters<GateStore[K]>[0];

export function gateStore(core: Core): GateStore {
  return {
    propose: ({ by, proposal }) =>
      core.write(by, "propose", async (unit) => {
        await requireLiveRun(unit);
        return fileCandidate(unit, proposal);
      }),
    proposeAll: ({ by, proposals }) =>
      core.write(by, "propose", async (unit) => {
        await requireLiveRun(unit);
        return fileCandidates(unit, proposals);
      }),
    get: ({ id }) => core.read((db) => readCandidate(db, id)),
    similar: ({ id }) =>
      core.read(async (db) => {
        const { title, projectId } = await readCandidate(db, id);
        return findSimilar(db, core.dialect, { title, projectId, except: id });
      }),
    list: ({ states = ["pending"], projectId, projectIds, source, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const after = cursorId(page.cursor);
        const rows = await candidates(db)
          .where("candidate.state", "in", inText(states))
          .$if(projectId !== undefined, (q) => q.where("candidate.project_id", "=", projectId ?? 0))
          .$if(projectIds !== undefined, (q) =>
            q.where("candidate.project_id", "in", [...(projectIds ?? [])]),
          )
          .$if(source !== undefined, (q) => q.where("candidate.source", "=", source ?? ""))
          .$if(after !== undefined, (q) => q.where("candidate.id", ">", after ?? 0))
          .orderBy("candidate.id")
          .limit(sql.lit(limit + 1))
          .execute();
        return toPage(rows, limit, toCandidate, (row) => [row.id]);
      }),
    known: ({ system, keys }) =>
      core.read(async (db) => {
        if (keys.length === 0) return [];
        const rows = await candidates(db)
          .where("candidate.external_system", "=", system)
          .where("candidate.external_key", "in", [...keys])
          .orderBy("candidate.id")
          .execute();
        return rows.map(toCandidate);
      }),
    ...importedFiles(core),
    ...sweepMembers(core),
    approve: (request) => core.write(request.by, "gate.approve", (unit) => approve(unit, request)),
    reject: ({ by, id, reason }) =>
      core.write(by, "gate.reject", async (unit) => {
        requireHuman(unit.by, "reject a candidate");
        const candidate = await lockPending(unit, id, "rejected");
        return candidate.state === "rejected" ? candidate : refuse(unit, candidate, "rejected", reason);
      }),
    merge: (request) => core.write(request.by, "gate.merge", (unit) => merge(unit, request)),
    expire: ({ by }) => core.write(by, "gate.expire", expireOld),
  };
}

/** As literals, the page's length too, so that a plan that is kept knows how few are pending and wanted beside those that were decided. */
const inText = (states: readonly CandidateState[]) => states.map((state) => sql.lit(state));

/** Reads a candidate for a change, locked until the transaction ends. */
async function lockCandidate(unit: Unit, id: number): Promise<Candidate> {
  await unit.tx
    .selectFrom("candidate")
    .select("id")
    .where("id", "=", id)
    .modifyEnd(unit.core.dialect.forUpdate)
    .execute();
  return readCandidate(unit.tx, id);
}

/** A candidate that the gate may still decide; one that already has the wanted end is answered as it is. */
async function lockPending(unit: Unit, id: number, wanted: Candidate["state"]): Promise<Candidate> {
  const candidate = await lockCandidate(unit, id);
  if (candidate.state === "pending" || candidate.state === "expired" || candidate.state === wanted)
    return candidate;
  throw new SluiceError("conflict", `${candidateRef(id)} is already ${candidate.state}`, {
    hint: candidate.itemId === null ? "Propose it again if it still matters" : "See its item",
    details: { ref: candidateRef(id), state: candidate.state },
  });
}

async function approve(
  unit: Unit,
  { id, lane, title, spec, policy }: Of<"approve">,
): Promise<Awaited<ReturnType<GateStore["approve"]>>> {
  const candidate = await lockPending(unit, id, "approved");
  if (candidate.state === "approved" && candidate.itemId !== null)
    return { candidate, detail: await detailIn(unit, candidate.itemId) };
  const rule = policy === undefined ? undefined : await ruleFor(unit, candidate, policy);
  if (rule === undefined || title !== undefined || spec !== undefined)
    requireHuman(unit.by, "change the text of a candidate");
  const approver = rule === undefined ? formatActor(unit.by.actor) : (`system:policy/${policy}` as const);
  const item = await addItem(
    unit,
    {
      ...candidate.wishes,
      projectId: candidate.projectId,
      title: title ?? candidate.title,
      spec: Spec.parse({ ...candidate.spec, ...spec }),
      lane: rule?.lane ?? lane,
    },
    { grantBy: approver, facts: { candidate: id, approved_by: approver } },
  );
  if (candidate.state === "expired") await blockAgain(unit, { kind: "candidate", id });
  await followCandidate(unit, id, item);
  const recurs = candidate.recursId;
  if (recurs !== null)
    await unit.tx
      .insertInto("link")
      .values({
        from_id: item.id,
        kind: "recurs",
        to_kind: "item",
        to_id: recurs,
        amendment: null,
        created_by: approver,
        created_at: unit.now,
      })
      .execute();
  const settled = await settle(unit, candidate, { state: "approved", itemId: item.id, actor: approver });
  return { candidate: settled, detail: await detailIn(unit, item.id) };
}

/** The rule that a person wrote, that is still in force and that fits. Refuses with `denied`. */
async function ruleFor(unit: Unit, candidate: Candidate, policy: string): Promise<GateRule> {
  const { policy: rules } = await projectPolicy(unit.tx, candidate.projectId);
  const rule = rules.approve?.find(({ name, version }) => `${name}@${version}` === policy);
  if (rule !== undefined && fits(rule, candidate)) return rule;
  throw new SluiceError(
    "denied",
    `No rule ${policy} of project ${candidate.project} approves ${candidateRef(candidate.id)}`,
    { hint: "A person approves with: sluice gate approve" },
  );
}

const fits = (rule: GateRule, { source, wishes }: Candidate): boolean =>
  rule.by.startsWith("human:") &&
  (rule.source === undefined || rule.source === source) &&
  (rule.label === undefined || wishes.labels?.includes(rule.label) === true);

/**
 * Links that named the candidate now name its item. An item that the new blocker does not hold up any more (it is done, or blocked it
 * already) has one blocker fewer. Refuses with `conflict` where an item would wait for itself.
 */
async function followCandidate(unit: Unit, candidateId: number, item: Item): Promise<void> {
  await unit.core.dialect.lock(unit.tx, "links");
  const links = await unit.tx
    .deleteFrom("link")
    .where("to_kind", "=", "candidate")
    .where("to_id", "=", candidateId)
    .returningAll()
    .execute();
  for (const link of links.toSorted((a, b) => a.from_id - b.from_id)) {
    const blocks = link.kind === "blocked_by";
    if (blocks) await refuseCycle(unit, link.from_id, item.id);
    const added = await unit.tx
      .insertInto("link")
      .values({ ...link, to_kind: "item", to_id: item.id })
      .onConflict((c) => c.doNothing())
      .returning("from_id")
      .executeTakeFirst();
    if (blocks && (added === undefined || isClosed(item.state)))
      await freeOne(unit, link.from_id, item.state === "done" ? link.amendment : null);
  }
}

interface Settlement {
  readonly state: Candidate["state"];
  readonly reason?: string;
  readonly itemId?: number;
  readonly actor?: ActorName;
}

/** A no to a candidate; what waits for it comes back to a person. */
async function refuse(
  unit: Unit,
  candidate: Candidate,
  state: "rejected" | "expired",
  reason: string,
): Promise<Candidate> {
  const actor = state === "expired" ? ({ actor: "system:store" } as const) : {};
  const settled = await settle(unit, candidate, { state, reason, ...actor });
  const { id, title } = candidate;
  if (candidate.state === "pending")
    await refuseDependents(unit, { kind: "candidate", id }, { title, how: state, reason });
  return settled;
}

async function settle(
  unit: Unit,
  candidate: Candidate,
  { state, reason, itemId, actor }: Settlement,
): Promise<Candidate> {
  const decider = actor ?? formatActor(unit.by.actor);
  const { event_n: n } = await unit.tx
    .updateTable("candidate")
    .set((eb) => ({
      state,
      decided_by: decider,
      decided_at: unit.now,
      reason: reason ?? null,
      item_id: itemId ?? null,
      event_n: eb("event_n", "+", 1),
      version: eb("version", "+", 1),
    }))
    .where("id", "=", candidate.id)
    .returning("event_n")
    .executeTakeFirstOrThrow();
  const changes = {
    state: [candidate.state, state],
    ...(reason === undefined ? {} : { reason }),
    ...(itemId === undefined ? {} : { item: itemId }),
  };
  await recordEvent(unit, {
    stream: "candidate",
    streamId: candidate.id,
    n,
    changes,
    ...(actor === undefined ? {} : { actor }),
  });
  return readCandidate(unit.tx, candidate.id);
}

async function merge(unit: Unit, { id, intoId, reason }: Of<"merge">): Promise<Candidate> {
  requireHuman(unit.by, "merge a candidate");
  const candidate = await lockPending(unit, id, "merged");
  if (candidate.state === "merged") return candidate;
  const item = await lockItem(unit, intoId);
  if (candidate.state === "expired") await blockAgain(unit, { kind: "candidate", id });
  await followCandidate(unit, id, item);
  await addNote(unit, intoId, {
    kind: "merge",
    body: `${candidateRef(id)}: ${candidate.title}\n\n${candidate.spec.problem ?? ""}`.trim(),
  });
  await writeItem(unit, await lockItem(unit, intoId), {}, { operation: "gate.merge", facts: { merged: id } });
  return settle(unit, candidate, {
    state: "merged",
    itemId: intoId,
    ...(reason === undefined ? {} : { reason }),
  });
}

async function expireOld(unit: Unit): Promise<number> {
  const rows = await candidates(unit.tx)
    .where("candidate.state", "=", "pending")
    .where("candidate.touched_at", "<", unit.now - EXPIRES_AFTER_MS)
    .orderBy("candidate.id")
    .execute();
  const reason = "Nobody looked at it for 30 days";
  let expired = 0;
  for (const { id } of rows) {
    const candidate = await lockCandidate(unit, id);
    if (candidate.state !== "pending") continue; // somebody decided it meanwhile
    await refuse(unit, candidate, "expired", reason);
    expired += 1;
  }
  return expired;
}
