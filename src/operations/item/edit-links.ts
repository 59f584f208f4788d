import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { parseRef } from "#domain/ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Store } from "#operations/ports/store.ts";
import { LINK_KINDS } from "#operations/ports/store/item-store.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { itemIdOf } from "./item-ref.ts";
import { ItemAnswer } from "./item-view.ts";

/** What both operations are: `OB-12 blocked_by OB-9`. */
const ON_LINK = {
  effect: "write",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    kind: z.enum(LINK_KINDS).describe("How the first relates to the second"),
    to: z.string().max(40).describe("Ref of an item, or of a candidate such as C-7"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref", "kind", "to"],
} as const;

/** Both ends of a link by number. Refuses with `not_found` what is not there. */
async function linkEnds(store: Store, fromId: number, { kind, to }: z.output<typeof ON_LINK.input>) {
  const target = parseRef(to);
  if (target.kind === "item")
    return { fromId, kind, toKind: "item" as const, toId: await itemIdOf(store, to) };
  if (target.kind === "run") throw invalidField("to", to, "the ref of an item or a candidate");
  await store.gate.get({ id: target.number });
  return { fromId, kind, toKind: "candidate" as const, toId: target.number };
}

export const addLink = defineOperation({
  ...ON_LINK,
  name: "link.add",
  summary: "Link an item to another item or a candidate.",
  description:
    "`blocked_by` keeps it out of the queue until the other is done; a cycle is refused and shown.",
  authority: "work",
  examples: [{ command: "sluice link add OB-12 blocked_by OB-9", does: "Let OB-12 wait for OB-9" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.link({ by: caller, ...(await linkEnds(store, id, input)) }),
    ),
});

export const removeLink = defineOperation({
  ...ON_LINK,
  name: "link.remove",
  summary: "Remove a link.",
  authority: "decide",
  examples: [{ command: "sluice link remove OB-12 blocked_by OB-9", does: "Stop OB-12 waiting for OB-9" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.unlink({ by: caller, ...(await linkEnds(store, id, input)) }),
    ),
});
