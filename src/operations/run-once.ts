import { invalidField } from "#domain/errors.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Context } from "./context.ts";

/** What a program makes up by itself (a UUID, a hash, a ticket's number) in any interface's header or flag. */
const KEY = /^[\x21-\x7e]{1,200}$/;

interface Call {
  readonly operation: string;
  /** As the schema read it. */
  readonly input: unknown;
  /** Fields of the answer that are not kept. */
  readonly shownOnce: readonly string[];
  readonly run: (context: Context) => Promise<unknown>;
}

/** Runs a call under an idempotency key. Its project and lease are part of it, because they fill what the input leaves out. */
export async function runOnce(context: Context, key: string, call: Call): Promise<unknown> {
  if (!KEY.test(key)) throw invalidField("idempotency-key", key, "1 to 200 visible ASCII characters");
  const { caller, project, store } = context;
  const { operation, shownOnce, input, run } = call;
  let fresh: { readonly answer: unknown; readonly kept: unknown } | undefined;
  const kept = await store.once({
    by: caller,
    key,
    operation,
    inputHash: await sha256(
      JSON.stringify(inOrder([operation, project, caller.projects, caller.lease, input])),
    ),
    work: async (own) => {
      const answer = await run({ ...context, store: own });
      fresh = { answer, kept: without(answer, shownOnce) };
      return fresh.kept;
    },
  });
  return fresh?.kept === kept ? fresh?.answer : kept;
}

function without(answer: unknown, fields: readonly string[]): unknown {
  if (fields.length === 0 || typeof answer !== "object" || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).filter(([field]) => !fields.includes(field)));
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
