import type { Item } from "#domain/item/item.ts";
import { Spec } from "#domain/item/spec.ts";
import { Body, Title } from "#domain/text/bounded-text.ts";
import type { BlockResult, ClaimStore, Prerequisite } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Unit } from "#store/core.ts";
import { fileCandidate } from "#store/gate/file-proposal.ts";
import { addItem } from "#store/item/item-add.ts";
import { reposOf } from "#store/item/item-detail.ts";
import { addLink } from "#store/item/links.ts";
import { projectPolicy } from "#store/project/project-row.ts";

/** The rule under which a prerequisite takes the lane of what it unblocks; kept as the grant of the item it makes. */
const INHERIT = "system:policy/inherit@1";
/** Prerequisites that may be inherited by one item; more go through the gate. */
const MAX_INHERITED = 3;

/**
 * Files the corrected prerequisite of a blocked item, and what its end changes in the item's spec.
 * @param item as it was before it was blocked
 */
export async function fileAmendment(
  unit: Unit,
  item: Item,
  prerequisite: Prerequisite,
  amendment: Parameters<ClaimStore["block"]>[0]["amendment"],
): Promise<Filed> {
  const target = await filePrerequisite(unit, item, prerequisite);
  await addLink(unit, {
    fromId: item.id,
    kind: "blocked_by",
    ...target,
    ...(amendment === undefined ? {} : { amendment: JSON.stringify(amendment) }),
  });
  return target;
}

/** What the new link leads to. */
export interface Filed {
  readonly toKind: "item" | "candidate";
  readonly toId: number;
}

/** The corrected prerequisite: through the gate, or by a person's standing rule an item like the one it unblocks. */
async function filePrerequisite(unit: Unit, item: Item, { title, body }: Prerequisite): Promise<Filed> {
  const wish = {
    projectId: item.projectId,
    title: Title.parse(title),
    spec: Spec.parse(body === undefined ? {} : { problem: Body.parse(body) }),
  };
  const repos = (await reposOf(unit.core.dialect, unit.tx, item.id))
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

/**
 * The prerequisite that a call filed, as its item's links show it.
 * @param filed undefined where the call repeats an earlier one; then the newest
 */
export function prerequisiteOf({ links }: ItemDetail, filed: Filed | undefined): BlockResult["prerequisite"] {
  const blockers = links.filter(({ kind }) => kind === "blocked_by");
  const link =
    filed === undefined
      ? blockers.at(-1)
      : blockers.find(({ toKind, toId }) => toKind === filed.toKind && toId === filed.toId);
  return link === undefined ? null : { kind: link.toKind, id: link.toId, title: link.toTitle };
}
