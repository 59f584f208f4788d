import { SluiceError } from "#domain/errors.ts";
import type { Store } from "#operations/ports/store.ts";

/** The item that a ref of untrusted text names; undefined where there is none. */
export async function findItem(store: Store, ref: string): Promise<number | undefined> {
  try {
    return await store.items.resolve({ ref });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return undefined;
    throw error;
  }
}
