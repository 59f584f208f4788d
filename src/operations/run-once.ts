import { invalidField } from "#domain/errors.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Context } from "./context.ts";

/** What a program makes up by itself (a UUID, a hash, a ticket's number) in any door's header or flag. */
const KEY = /^[\x21-\x7e]{1,200}$/;

interface Call {
  readonly operation: string;
  /** As the schema read it. */
  readonly input: unknown;
  readonly run: (context: Context) => Promise<unknown>;
}

/** Runs a call under an idempotency key. Its project and lease are part of it, because they fill what the input leaves out. */
export async function runOnce(context: Context, key: string, call: Call): Promise<unknown> {
  if (!KEY.test(key)) throw invalidField("idempotency-key", key, "1 to 200 visible ASCII characters");
  const { caller, project, store } = context;
  const { operation, input, run } = call;
  return await store.once({
    by: caller,
    key,
    operation,
    inputHash: await sha256(JSON.stringify(inOrder([operation, project, caller.lease, input]))),
    work: (own) => run({ ...context, store: own }),
  });
}

/** The same value with the keys of its objects in order, so that equal inputs have equal text. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
}
