import { SluiceError } from "#domain/errors.ts";
import { STORE_MEMBERS } from "#operations/ports/store-members.ts";
import type { Store } from "#operations/ports/store.ts";

/** Stands where the caller's own program has no store: there is no workspace, or a server keeps it. Each call is refused with the reason. */
export function refusingStore(place: string, reason: Error): Store {
  const refuse = () => Promise.reject(reason);
  const parts = Object.entries(STORE_MEMBERS).map(([part, members]) => [
    part,
    Object.fromEntries(Object.keys(members).map((member) => [member, refuse])),
  ]);
  const own = {
    place,
    once: () => Promise.reject(keyless()),
    atVersion: refuse,
    transaction: refuse,
    state: () => undefined,
    now: refuse,
    close: () => Promise.resolve(),
  };
  // Each name is one of the store's, and none of them answers.
  const store: Store = { ...Object.fromEntries(parts), ...own } as Store;
  return store;
}

function keyless(): SluiceError {
  return new SluiceError(
    "invalid",
    "This command runs on your machine in many steps, and takes no --idempotency-key",
    {
      hint: "Omit the key: a repeated run changes nothing that the first one changed",
      details: { field: "idempotency-key" },
    },
  );
}
