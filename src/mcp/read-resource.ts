import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";

/** Runs an operation of the registry by name, as the connection's caller. */
export type RunOperation = (name: string, input: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface ResourceText {
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
}

const Planned = z.object({ item: z.object({ plan: z.object({ body: z.string() }).optional() }) });
const Briefed = z.object({ brief: z.string() });

/** The text at an address. What is not there is told as the protocol tells it. */
export async function readResource(run: RunOperation, uri: string): Promise<ResourceText> {
  const address = parseItemUri(uri);
  if (address === undefined) throw new ResourceNotFoundError(uri, `There is nothing at ${uri}`);
  try {
    const text = await READERS[address.part](run, address.ref);
    if (text === undefined) throw new ResourceNotFoundError(uri, `${address.ref} has no ${address.part}`);
    return { uri, mimeType: ITEM_PARTS[address.part].mimeType, text };
  } catch (error) {
    const isAbsent = error instanceof SluiceError && (error.code === "not_found" || error.code === "invalid");
    throw isAbsent ? new ResourceNotFoundError(uri, error.message) : error;
  }
}

/** Whether there is something at an address for this caller, or may come to be. Of what is not an item's nothing is ever told. */
export async function isReadable(run: RunOperation, uri: string): Promise<boolean> {
  const address = parseItemUri(uri);
  if (address === undefined) return true;
  try {
    await run("item.show", { ref: address.ref });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && UNREADABLE.has(error.code)) return false;
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(["not_found", "invalid", "denied"]);

type Reader = (run: RunOperation, ref: string) => Promise<string | undefined>;

const READERS = {
  item: async (run, ref) => JSON.stringify(await run("item.show", { ref })),
  plan: async (run, ref) => Planned.parse(await run("item.show", { ref })).item.plan?.body,
  brief: async (run, ref) =>
    Briefed.parse(await run("item.show", { ref, brief: true, reporting: false })).brief,
  log: async (run, ref) => JSON.stringify(await run("log", { ref })),
} as const satisfies Record<ItemPart, Reader>;

/** What of an item is offered to be read, each under its own address. */
export const ITEM_PARTS = {
  item: { path: "", mimeType: "application/json", description: "All that belongs to the item" },
  plan: { path: "/plan", mimeType: "text/markdown", description: "Its plan, newest version" },
  brief: { path: "/brief", mimeType: "text/markdown", description: "What an agent starts from" },
  log: { path: "/log", mimeType: "application/json", description: "Who did what, newest first" },
} as const;

export type ItemPart = keyof typeof ITEM_PARTS;

interface ItemAddress {
  /** As it stands in the address, unchecked. */
  readonly ref: string;
  readonly part: ItemPart;
}

const URI = /^sluice:\/\/item\/([A-Za-z0-9-]{1,40})(?:\/(plan|brief|log))?$/;
const PARTS: Readonly<Record<string, ItemPart>> = { plan: "plan", brief: "brief", log: "log" };

export const itemUri = (ref: string, part: ItemPart = "item"): string =>
  `sluice://item/${ref}${ITEM_PARTS[part].path}`;

/** Undefined for an address of anything else. */
function parseItemUri(uri: string): ItemAddress | undefined {
  const [, ref, part = ""] = URI.exec(uri) ?? [];
  return ref === undefined ? undefined : { ref, part: PARTS[part] ?? "item" };
}
