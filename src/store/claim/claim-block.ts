import { requireHuman } from "#domain/caller.ts";
import type { Item } from "#domain/item/item.ts";
import { nextState } from "#domain/item/lifecycle.ts";
import { Spec } from "#domain/item/spec.ts";
import { Body, Title } from "#domain/text/bounded-text.ts";
import type { BlockResult, ClaimStore, Prerequisite } from "#operations/ports/store/claim-store.ts";
import { saveItem } from "#store/item/save-item.ts";
import { byHolder } from "./claim-end.ts";
import type { Core, Unit } from "#store/core.ts";
import { addItem } from "#store/item/item-add.ts";
import { detailIn, reposOf } from "#store/item/item-detail.ts";
import { NO_LEASE } from "#store/item/item-row.ts";
import { lockItem } from "#store/item/item-save.ts";
import { addLink } from "#store/item/links.ts";
import { addNote } from "#store/item/notes.ts";
import { fileCandidate } from "#store/gate/file-proposal.ts";
import { projectPolicy } from "#store/project/project-row.ts";
import { refOf } from "#store/item/refs.ts";
import { endRun } from "#store/run/run-end.ts";

type Of<K extends keyof ClaimStore> = Parameters<ClaimStore[K]>[0];

/** The rule under which a prerequisite takes the lane of what it unblocks; kept as the grant of the item it makes. */
const INHERIT = "system:policy/inherit@1";
/** Prerequisites that may be inherited by one item; more go through the gate. */
const MAX_INHERITED = 3;

export function block(
  core: Core,
  { by, leaseId, note, prerequisite, amendment }: Of<"block">,
): Promise<BlockResult> {
  return core.write(by, "block", async (unit) => {
    const ended = await byHolder(
      unit,
      leaseId,
      (run) => run.outcome === "blocked",
      async (item, runId) => {
        await addNote(unit, item.id, { kind: "block", body: note, runId, byHolder: true });
        await endRun(unit, item, "blocked", note);
        await stopItem(unit, item, note, prerequisite, amendment);
      },
    );
    return {
      detail: ended.detail,
      run: ended.run,
      prerequisite: await newestPrerequisite(unit, ended.detail.item.id, prerequisite),
    };
  });
}

export function blockItem(core: Core, { by, id, note, prerequisite }: Of<"blockItem">): Promise<BlockResult> {
  return core.write(by, "block", async (unit) => {
    requireHuman(unit.by, "block an item that it does not hold");
    const item = await lockItem(unit, id);
    await endRun(unit, item, "revoked", note);
    await addNote(unit, id, { kind: "block", body: note });
    await stopItem(unit, item, note, prerequisite, undefined);
    return {
      detail: await detailIn(unit, id),
      run: null,
      prerequisite: await newestPrerequisite(unit, id, prerequisite),
    };
  });
}

async function stopItem(
  unit: Unit,
  item: Item,
  note: string,
  prerequisite: Prerequisite | undefined,
  amendment: Of<"block">["amendment"],
): Promise<void> {
  const state = nextState(item.state, "block", await refOf(unit.tx, item.id));
  await saveItem(
    unit,
    item,
    { state, phase: null, phasesLeft: [], ...NO_LEASE, tried: item.tried + 1 },
    { facts: { reason: note } },
  );
  if (prerequisite === undefined) return;
  const target = await filePrerequisite(unit, item, prerequisite);
  await addLink(unit, {
    fromId: item.id,
    kind: "blocked_by",
    ...target,
    ...(amendment === undefined ? {} : { amendment: JSON.stringify(amendment) }),
  });
}

/** The corrected prerequisite: through the gate, or by a person's standing rule an item like the one it unblocks. */
async function filePrerequisite(
  unit: Unit,
  item: Item,
  { title, body }: Prerequisite,
): Promise<{ toKind: "item" | "candidate"; toId: number }> {
  const wish = {
    projectId: item.projectId,
    title: Title.parse(title),
    spec: Spec.parse(body === undefined ? {} : { problem: Body.parse(body) }),
  };
  const repos = (await reposOf(unit.tx, item.id))
    .filter((repo) => repo.role === "target")
    .map((repo) => repo.alias);
  if (await mayInherit(unit, item)) {
    const made = await addItem(
      unit,
      { ...wish, lane: item.lane, kind: item.kind, repos, priority: item.priority ?? undefined },
      { grantBy: INHERIT, facts: { prerequisite_of: item.id } },
    );
    await addLink(unit, { fromId: made.id, kind: "discovered_from", toKind: "item", toId: item.id });
    return { toKind: "item", toId: made.id };
  }
  const { candidate } = await fileCandidate(
    unit,
    {
      ...wish,
      wishes: { lane: item.lane, kind: item.kind, repos },
      source: "prerequisite",
      fingerprint: `${item.id}:${wish.title}`.slice(0, 200),
    },
    { unlimited: true },
  );
  return { toKind: "candidate", toId: candidate.id };
}

/** Under a live lease, by policy `inherit`, not for what was inherited itself (depth 1), at most three per item. */
async function mayInherit(unit: Unit, item: Item): Promise<boolean> {
  const { policy } = await projectPolicy(unit.tx, item.projectId);
  if (policy.prerequisites !== "inherit" || item.leaseId === null) return false;
  const own = await unit.tx
    .selectFrom("item")
    .select("grant_by")
    .where("id", "=", item.id)
    .executeTakeFirst();
  if (own?.grant_by === INHERIT) return false;
  const before = await unit.tx
    .selectFrom("link")
    .innerJoin("item", "item.id", "link.from_id")
    .select("item.id")
    .where("link.kind", "=", "discovered_from")
    .where("link.to_kind", "=", "item")
    .where("link.to_id", "=", item.id)
    .where("item.grant_by", "=", INHERIT)
    .execute();
  return before.length < MAX_INHERITED;
}

async function newestPrerequisite(
  unit: Unit,
  itemId: number,
  asked: Prerequisite | undefined,
): Promise<BlockResult["prerequisite"]> {
  if (asked === undefined) return null;
  const link = (await detailIn(unit, itemId)).links.filter(({ kind }) => kind === "blocked_by").at(-1);
  return link === undefined ? null : { kind: link.toKind, id: link.toId, title: link.toTitle };
}
