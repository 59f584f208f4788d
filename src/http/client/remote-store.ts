import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { checkoutText } from "#http/call-operation.ts";
import { writeCall } from "#http/call-request.ts";
import { LENT_CALLS, WORKER_PROTOCOL } from "#http/lent-calls.ts";
import { routeOf } from "#http/routes.ts";
import type { Context, RemoteWorkspace } from "#operations/context.ts";
import { STORE_MEMBERS } from "#operations/ports/store-members.ts";
import type { Store } from "#operations/ports/store.ts";
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
  return storeOfCalls(place, (member) => async (request) => {
    if (protocol !== WORKER_PROTOCOL) throw otherProtocol(place, protocol);
    if (!LENT_CALLS.has(member)) throw new Error(`${member} is not lent to other machines`);
    const path = `/worker/v${WORKER_PROTOCOL}/store/${member}`;
    const { answer, isUndefined } = Answer.parse(
      await client({ method: "POST", path, body: request ?? {}, signal }),
    );
    return isUndefined ? undefined : answer;
  });
}

/** A store that answers each call by its name, `part.member`, and keeps no key. */
export function storeOfCalls(
  place: string,
  call: (member: string) => (request?: unknown) => Promise<unknown>,
): Store {
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
    "This command runs on your machine in many steps, and takes no --idempotency-key",
    {
      hint: "Omit the key: a repeated run changes nothing that the first one changed",
      details: { field: "idempotency-key" },
    },
  );
}

type RemoteOperation = Parameters<RemoteWorkspace["call"]>[1];

const Input = z.record(z.string(), z.unknown());

/** Calls an operation where its workspace is. The answer is the server's, which has checked it. */
export async function remoteCall(
  client: HttpClient,
  { checkout, project, idempotencyKey, signal }: Context,
  operation: RemoteOperation,
  input: unknown,
): Promise<unknown> {
  const route = routeOf(operation.name);
  if (route === undefined)
    throw new SluiceError(
      "denied",
      `${operation.name} reads and writes files on your machine, and needs a token of the role operator for all projects`,
      {
        hint: "Ask for one, made with: sluice token create --role operator",
        details: { operation: operation.name, needed: "operator" },
      },
    );
  const { path, body } = writeCall(route, Input.parse(input ?? {}));
  const here = takesProject(operation) && project === undefined ? await checkout() : undefined;
  return await client({
    method: route.method,
    path,
    ...(body === undefined ? {} : { body }),
    signal,
    headers: {
      ...(project === undefined ? {} : { "Sluice-Project": project }),
      ...(here === undefined ? {} : { "Sluice-Checkout": checkoutText(here) }),
      ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
    },
  });
}

/** Only what belongs to a project asks which repository the caller stands in; git takes a while to tell. */
const takesProject = ({ input }: RemoteOperation): boolean =>
  input instanceof z.ZodObject && Object.hasOwn(input.shape, "project");
