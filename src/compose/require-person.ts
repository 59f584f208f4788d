import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { recordDenial } from "#operations/record-denial.ts";

/** Refuses with `denied` who is no person, or a process inside a run, and keeps that. @param what `starts a worker` */
export async function requirePerson(
  { store, caller }: Pick<Context, "store" | "caller">,
  command: string,
  what: string,
): Promise<void> {
  if (caller.authority === "human") return;
  const refusal = new SluiceError("denied", `Only a person ${what}`, {
    hint: `Ask one to run: sluice ${command}`,
    details: { needed: "human", has: caller.authority },
  });
  await recordDenial(store, caller, command, refusal);
  throw refusal;
}
