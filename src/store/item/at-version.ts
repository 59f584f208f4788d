import { SluiceError } from "#domain/errors.ts";
import type { Store, VersionedCall } from "#operations/ports/store.ts";
import type { Core } from "#store/core.ts";
import { refOf } from "./refs.ts";

/** `Store.atVersion`: the row is locked before it is looked at, so that nobody edits it until the change is written. */
export function atVersion<T>(
  core: Core,
  storeOf: (call: Core) => Store,
  { id, version, work }: VersionedCall<T>,
): Promise<T> {
  return core.inOne(core.key, async (call, tx) => {
    const row = await tx
      .selectFrom("item")
      .select("version")
      .where("id", "=", id)
      .modifyEnd(core.dialect.forUpdate)
      .executeTakeFirst();
    const ref = await refOf(tx, id);
    if (row === undefined)
      throw new SluiceError("not_found", `There is no item ${ref}`, { details: { ref } });
    if (row.version === version) return await work(storeOf(call));
    throw new SluiceError("conflict", `${ref} is at version ${row.version}, not ${version}`, {
      hint: `Read it again: sluice item show ${ref}`,
      details: { ref, version: row.version },
    });
  });
}
