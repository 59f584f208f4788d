import { z } from "zod";
import { parseRef } from "#domain/ref.ts";
import { invalidField } from "#domain/errors.ts";
import { LINK_KINDS } from "#operations/ports/store/item-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { CHANGED_ITEM } from "./change-item.ts";
import { itemIdOf } from "./item-ref.ts";

/** Input of both link operations: `OB-12 blocked_by OB-9`. */
export const LINK_FIELDS = {
  ...CHANGED_ITEM,
  kind: z.enum(LINK_KINDS).describe("How the first relates to the second"),
  to: z.string().max(40).describe("Ref of an item, or of a candidate such as C-7"),
};

interface LinkInput {
  readonly kind: (typeof LINK_KINDS)[number];
  readonly to: string;
}

/** Both ends of a link by number. Refuses with `not_found` what is not there. */
export async function linkEnds(store: Store, fromId: number, { kind, to }: LinkInput) {
  const target = parseRef(to);
  if (target.kind === "item")
    return { fromId, kind, toKind: "item" as const, toId: await itemIdOf(store, to) };
  if (target.kind === "run") throw invalidField("to", to, "the ref of an item or a candidate");
  await store.gate.get({ id: target.number });
  return { fromId, kind, toKind: "candidate" as const, toId: target.number };
}
