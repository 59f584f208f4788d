import { formatActor } from "./actor.ts";
import type { Caller } from "./caller.ts";
import { SluiceError } from "./errors.ts";

/** Refuses with `denied` whoever is not a person (or the product acting for a rule that a person wrote). */
export function requireHuman(by: Caller, what: string): void {
  if (by.authority === "human" || by.authority === "system") return;
  throw new SluiceError("denied", `${formatActor(by.actor)} may not ${what}: only a person may`, {
    hint: "Ask a person, or file it for the gate with: sluice propose",
    details: { actor: formatActor(by.actor), authority: by.authority, needed: "human" },
  });
}
