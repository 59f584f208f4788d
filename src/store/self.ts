import type { Caller } from "#domain/caller.ts";

/** The product itself, for facts that no person or agent claims. */
export const SELF: Caller = {
  actor: { kind: "system", name: "worker" },
  auth: "asserted",
  authority: "system",
  door: "worker",
  host: "",
};
