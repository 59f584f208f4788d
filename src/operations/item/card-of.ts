import type { z } from "zod";
import type { Item } from "#domain/item/item.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import { runRef } from "#domain/ref.ts";
import { isoTime } from "#operations/iso-time.ts";
import type { ItemCard } from "./item-card.ts";
import type { RefOf } from "./item-ref.ts";

/** @param project the alias of the item's project */
export function itemCard(item: Item, project: string, refOf: RefOf): z.input<typeof ItemCard> {
  const ref = (id: number | null) => (id === null ? undefined : refOf(id));
  return {
    ref: refOf(item.id),
    id: item.uid,
    title: item.title,
    state: item.state,
    phase: item.phase ?? undefined,
    lane: item.lane,
    kind: item.kind,
    type: item.type,
    project,
    priority: item.priority ?? undefined,
    labels: [...item.labels],
    version: item.version,
    needs: item.needs === "" ? [] : item.needs.split(","),
    lease: leaseView(item),
    urgent: item.band === 0,
    ready_at: isoTime(item.readyAt),
    not_before: isoTime(item.notBefore),
    waits_for_trigger: item.waitsForTrigger,
    fired_at: isoTime(item.firedAt),
    attempts: item.attempts,
    losses: item.losses,
    open_blockers: item.openBlockers,
    open_children: item.openChildren,
    held_by: ref(item.heldBy),
    parent: ref(item.parentId),
    resume_lane: item.resumeLane ?? undefined,
    answer_by: isClosed(item.state) ? undefined : isoTime(item.answerBy),
    created_by: item.createdBy,
    created_at: isoTime(item.createdAt),
    updated_at: isoTime(item.updatedAt),
    closed_at: isoTime(item.closedAt),
  };
}

function leaseView(item: Item): z.input<typeof ItemCard>["lease"] {
  if (item.holder === null || item.leaseExpiresAt === null) return undefined;
  return {
    holder: item.holder,
    run: item.leaseRunId === null ? undefined : runRef(item.leaseRunId),
    fence: item.fence,
    acquired_at: isoTime(item.leaseAcquiredAt),
    expires_at: isoTime(item.leaseExpiresAt),
  };
}
