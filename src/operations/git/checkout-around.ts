import { SluiceError } from "#domain/errors.ts";
import type { Checkout } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";

/** The checkout around a folder of this machine; undefined outside of any, or in one that its owner alone may read. */
export async function checkoutAround(
  git: GitPort,
  host: string,
  folder: string,
): Promise<Checkout | undefined> {
  try {
    const { commonDir } = await git.inspect({ path: folder });
    return { host, commonDir };
  } catch (error) {
    if (error instanceof SluiceError && ["invalid", "not_found", "denied"].includes(error.code))
      return undefined;
    throw error;
  }
}
