import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { STORE_MEMBERS } from "#operations/ports/store-members.ts";
import type { Store } from "#operations/ports/store.ts";
import { LENT_CALLS, WORKER_PROTOCOL } from "#http/lent-calls.ts";
import type { HttpClient } from "./http-client.ts";

const Answer = z.object({ answer: z.unknown(), isUndefined: z.boolean() });

interface RemoteStoreOptions {
  readonly client: HttpClient;
  readonly signal: AbortSignal | undefined;
  /** What the server speaks. */
  readonly protocol: number;
}

/**
 * The store of a server's workspace, one request per call, as far as it is lent. The server answers whoever has an operator's token.
 * A server that speaks another protocol is refused with `conflict`.
 */
export function remoteStore(place: string, { client, signal, protocol }: RemoteStoreOptions): Store {
  const call = (member: string) => async (request?: unknown) => {
    if (protocol !== WORKER_PROTOCOL) throw otherProtocol(place, protocol);
    if (!LENT_CALLS.has(member)) throw new Error(`${member} is not lent to other machines`);
    const path = `/worker/v${WORKER_PROTOCOL}/store/${member}`;
    const { answer, isUndefined } = Answer.parse(
      await client({ method: "POST", path, body: request ?? {}, signal }),
    );
    return isUndefined ? undefined : answer;
  };
  const parts = Object.entries(STORE_MEMBERS).map(([part, members]) => [
    part,
    Object.fromEntries(Object.keys(members).map((member) => [member, call(`${part}.${member}`)])),
  ]);
  const own = {
    place,
    once: () => Promise.reject(keyless()),
    atVersion: () => Promise.reject(keyless()),
    transaction: (work: (store: Store) => Promise<unknown>) => work(store),
    state: () => undefined,
    now: call("now"),
    close: () => Promise.resolve(),
  };
  // Each name is one of the store's and answers what the store's own method answers, which the compiler cannot follow over the network.
  const store: Store = { ...Object.fromEntries(parts), ...own } as Store;
  return store;
}

const otherProtocol = (place: string, protocol: number): SluiceError =>
  new SluiceError(
    "conflict",
    `The server at ${place} speaks version ${protocol} of the protocol between machines, this program version ${WORKER_PROTOCOL}`,
    {
      hint: "Update the older of the two: compare sluice --version",
      details: { server: protocol, program: WORKER_PROTOCOL },
    },
  );

function keyless(): SluiceError {
  return new SluiceError(
    "invalid",
    "This command runs at your own place in many steps and takes no --idempotency-key",
    {
      hint: "Leave the key out: run again, it changes nothing that it changed before",
      details: { field: "idempotency-key" },
    },
  );
}
