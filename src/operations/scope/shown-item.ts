import type { ItemDetail, Link } from "#operations/ports/store/item-store.ts";
import type { Scope } from "./scope.ts";

/** An item as a scope shows it: of what it waits for outside only ref and state, and nothing of what waits for it there. */
export async function shownItem(scope: Scope, detail: ItemDetail): Promise<ItemDetail> {
  const inside = await Promise.all(
    (["item", "candidate"] as const).map((of) =>
      scope.only(
        of,
        detail.links.filter(({ toKind }) => toKind === of),
        ({ toId }) => toId,
      ),
    ),
  );
  const known = new Set<Link>(inside.flat());
  return {
    ...detail,
    links: detail.links.map((link) => (known.has(link) ? link : { ...link, toTitle: "In another project" })),
    blocks: await scope.only("item", detail.blocks, (id) => id),
  };
}
