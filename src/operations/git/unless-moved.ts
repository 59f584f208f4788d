import { SluiceError } from "#domain/errors.ts";

/** False where somebody else has moved the item meanwhile: the next scan sees what they made of it. */
export async function unlessMoved(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "conflict") return false;
    throw error;
  }
}
