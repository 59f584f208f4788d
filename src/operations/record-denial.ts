import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Context } from "./context.ts";

const Facts = z.lazy(() => z.object({ needed: z.string().optional(), has: z.string().optional() }));

/** Keeps a refusal for want of authority; anything else that was thrown is none. Never fails: the refusal itself is what the caller gets. */
export async function recordDenial(
  store: Store,
  by: Caller,
  operation: string,
  error: unknown,
): Promise<void> {
  if (!(error instanceof SluiceError) || error.code !== "denied") return;
  const facts = Facts.safeParse(error.details).data ?? {};
  const { needed = error.message, has = by.authority } = facts;
  try {
    await store.denials.record({ by, operation, needed, has });
  } catch {
    // A workspace that cannot be written refuses all the same.
  }
}

/** Refuses with `denied` who is not a person, or a process inside a run, and keeps that. @param what `starts a worker` */
export async function requirePerson(
  { store, caller }: Pick<Context, "store" | "caller">,
  command: string,
  what: string,
): Promise<void> {
  if (caller.authority === "human") return;
  const refusal = onlyPerson(caller.authority, command, what);
  await recordDenial(store, caller, command, refusal);
  throw refusal;
}

export const onlyPerson = (has: string, command: string, what: string): SluiceError =>
  new SluiceError("denied", `Only a person ${what}`, {
    hint: `Ask one to run: sluice ${command}`,
    details: { needed: "human", has },
  });
