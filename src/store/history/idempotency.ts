import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { KeyedCall, Store } from "#operations/ports/store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Tx } from "#store/dialect.ts";

/** A key is known for 30 days: longer than any client tries again. */
const KEPT_MS = 30 * 86_400_000;

/** Keys used before this moment are forgotten. Epoch milliseconds. */
export const oldestKept = (now: number): number => now - KEPT_MS;

/** `Store.once`: the call, its answer and its key in one transaction, so that no crash can part them. */
export function once(core: Core, storeOf: (call: Core) => Store): Store["once"] {
  return ({ by, key, operation, inputHash, work }) =>
    core.inOne(key, async (call, tx) => {
      const actor = formatActor(by.actor);
      await core.dialect.lock(tx, `key:${actor}:${key}`);
      const now = await databaseNow(tx, core.dialect);
      await tx.deleteFrom("idempotency").where("at", "<", oldestKept(now)).execute();
      const first = await firstAnswer(tx, { actor, key, operation, inputHash });
      if (first !== undefined) return first.answer;
      const answer = await work(storeOf(call));
      await tx
        .insertInto("idempotency")
        .values({ actor, key, operation, input_hash: inputHash, output: JSON.stringify(answer), at: now })
        .execute();
      return answer;
    });
}

interface Asked extends Pick<KeyedCall, "key" | "operation" | "inputHash"> {
  readonly actor: string;
}

async function firstAnswer(
  tx: Tx,
  { actor, key, operation, inputHash }: Asked,
): Promise<{ readonly answer: unknown } | undefined> {
  const row = await tx
    .selectFrom("idempotency")
    .selectAll()
    .where("actor", "=", actor)
    .where("key", "=", key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.operation === operation && row.input_hash === inputHash) return { answer: JSON.parse(row.output) };
  const other = row.operation === operation ? "another input" : row.operation;
  throw new SluiceError("conflict", `The idempotency key ${key} was used for ${other}`, {
    hint: "Use a new key for each new call. A time counted from now (2h) is another input each time",
    details: { key, operation: row.operation, used_at: new Date(row.at).toISOString() },
  });
}
