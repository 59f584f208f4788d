/** What of an item is offered to be read, each under its own address. */
export const ITEM_PARTS = {
  item: { path: "", mimeType: "application/json", description: "All that belongs to the item" },
  plan: { path: "/plan", mimeType: "text/markdown", description: "Its plan, newest version" },
  brief: { path: "/brief", mimeType: "text/markdown", description: "What an agent starts from" },
  log: { path: "/log", mimeType: "application/json", description: "Who did what, newest first" },
} as const;

export type ItemPart = keyof typeof ITEM_PARTS;

export interface ItemAddress {
  /** As it stands in the address, unchecked. */
  readonly ref: string;
  readonly part: ItemPart;
}

const URI = /^sluice:\/\/item\/([A-Za-z0-9-]{1,40})(?:\/(plan|brief|log))?$/;
const PARTS: Readonly<Record<string, ItemPart>> = { plan: "plan", brief: "brief", log: "log" };

export const itemUri = (ref: string, part: ItemPart = "item"): string =>
  `sluice://item/${ref}${ITEM_PARTS[part].path}`;

/** Undefined for an address of anything else. */
export function parseItemUri(uri: string): ItemAddress | undefined {
  const [, ref, part = ""] = URI.exec(uri) ?? [];
  return ref === undefined ? undefined : { ref, part: PARTS[part] ?? "item" };
}
