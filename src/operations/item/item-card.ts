import { z } from "zod";
import { ITEM_STATES, PHASES } from "#domain/item/lifecycle.ts";
import { PRIORITIES } from "#domain/kind.ts";
import { IsoTime } from "#operations/iso-time.ts";

/** An item without its long texts: what lists show. The lease's id is its holder's alone and never shown. */
export const ItemCard = z.object({
  ref: z.string(),
  id: z.string(),
  title: z.string(),
  state: z.enum(ITEM_STATES),
  phase: z.enum(PHASES).optional(),
  lane: z.string(),
  kind: z.string(),
  type: z.string(),
  project: z.string(),
  priority: z.enum(PRIORITIES).optional(),
  labels: z.array(z.string()),
  version: z.int(),
  needs: z.array(z.string()),
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
});
