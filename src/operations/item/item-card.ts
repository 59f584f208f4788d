import { z } from "zod";
import type { Item, ItemFields } from "#domain/item/item.ts";
import { isClosed, ITEM_STATES, PHASES } from "#domain/item/lifecycle.ts";
import { PRIORITIES } from "#domain/kind.ts";
import { runRef } from "#domain/ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { GivenFields } from "./item-fields.ts";
import type { RefOf } from "./item-ref.ts";

/** How answers show what an item, or a wish, may lack. */
export const FieldViews = z.lazy(() =>
  z.object({
    priority: z.enum(PRIORITIES).optional(),
    labels: z.array(z.string()),
    needs: z.array(z.string()),
  }),
);

type Shown = Omit<ItemFields, "title"> & Pick<GivenFields, "needs">;

export const fieldViews = ({ priority, labels = [], needs = [] }: Shown): z.input<typeof FieldViews> => ({
  priority: priority ?? undefined,
  labels: [...labels],
  needs: [...needs],
});

/** An item without its long texts: what lists show. The lease's id is its holder's alone and never shown. */
export const ItemCard = z.lazy(() =>
  z.object({
    ref: z.string(),
    id: z.string(),
    title: z.string(),
    state: z.enum(ITEM_STATES),
    phase: z.enum(PHASES).optional(),
    lane: z.string(),
    kind: z.string(),
    type: z.string(),
    project: z.string(),
    ...FieldViews.unwrap().shape,
    version: z.int(),
    lease: z
      .object({
        holder: z.string(),
        run: z.string().optional(),
        fence: z.int(),
        acquired_at: IsoTime.optional(),
        expires_at: IsoTime,
      })
      .optional(),
    urgent: z.boolean(),
    ready_at: IsoTime,
    not_before: IsoTime.optional(),
    waits_for_trigger: z.boolean(),
    fired_at: IsoTime.optional(),
    attempts: z.int(),
    losses: z.int(),
    open_blockers: z.int(),
    open_children: z.int(),
    held_by: z.string().optional(),
    parent: z.string().optional(),
    resume_lane: z.string().optional(),
    /** Until when its open question wants an answer; past that it is overdue. */
    answer_by: IsoTime.optional(),
    created_by: z.string(),
    created_at: IsoTime,
    updated_at: IsoTime,
    closed_at: IsoTime.optional(),
  }),
);

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
    ...fieldViews({ ...item, needs: item.needs === "" ? [] : item.needs.split(",") }),
    version: item.version,
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
