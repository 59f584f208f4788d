import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { candidateRef, formatRef, parseRef, runRef } from "#domain/ref.ts";
import type { Store } from "#operations/ports/store.ts";

export const ItemRef = z.string().max(40).describe("Ref of the item, such as OB-12");

/** The number of the item that a ref names, former prefixes included. Refuses with `not_found` and near refs. */
export async function itemIdOf(store: Store, ref: string): Promise<number> {
  const { kind, prefix, number } = parseRef(ref);
  if (kind === "item") return await store.items.resolve({ ref: formatRef(prefix, number) });
  const shown = kind === "candidate" ? candidateRef(number) : runRef(number);
  throw new SluiceError("invalid", `${shown} is a ${kind}, expected the ref of an item such as OB-12`, {
    hint: `See it with: sluice ${kind === "candidate" ? "gate" : "run"} show ${shown}`,
    details: { field: "ref", value: shown, accepted: "the ref of an item" },
  });
}

/** The item that a ref of untrusted text names; undefined where there is none. */
export async function findItem(store: Store, ref: string): Promise<number | undefined> {
  try {
    return await store.items.resolve({ ref });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** Writes item numbers as refs with the workspace's current prefix. */
export type RefOf = (id: number) => string;

export async function refWriter(store: Store): Promise<RefOf> {
  const { prefix } = await store.projects.settings();
  return (id) => formatRef(prefix, id);
}

/** Whose history a ref names: an item's or a candidate's. Refuses with `not_found`. */
export async function streamOf(store: Store, ref: string) {
  const { kind, number } = parseRef(ref);
  if (kind !== "candidate") return { stream: "item", id: await itemIdOf(store, ref) } as const;
  await store.gate.get({ id: number });
  return { stream: "candidate", id: number } as const;
}

/** The same; a run has no history of its own, its item's tells of it. */
export async function streamAround(store: Store, ref: string) {
  const { kind, number } = parseRef(ref);
  if (kind !== "run") return await streamOf(store, ref);
  return { stream: "item", id: (await store.runs.get({ id: number })).itemId } as const;
}
