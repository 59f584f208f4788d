import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { checkoutText } from "#http/call-operation.ts";
import { writeCall } from "#http/call-request.ts";
import { routeOf, WORKER_PATHS, WORKER_PROTOCOL } from "#http/routes.ts";
import type { Context, RemoteWorkspace } from "#operations/context.ts";
import type { HttpClient } from "./http-client.ts";

/** A server that keeps a workspace. */
export interface RemoteServer {
  readonly client: HttpClient;
  /** Its address as it may be shown. */
  readonly place: string;
  /** The version of what it speaks with programs of other machines. */
  readonly protocol: number;
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

type RemoteOperation = Parameters<RemoteWorkspace["call"]>[1];

const Input = z.record(z.string(), z.unknown());

/**
 * Calls an operation where its workspace is. The answer is the server's, which has checked it. A server that speaks another protocol
 * with programs of other machines is refused with `conflict`, where the operation is of that protocol.
 */
export async function remoteCall(
  { client, place, protocol }: RemoteServer,
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
  if (route.path.startsWith(WORKER_PATHS) && protocol !== WORKER_PROTOCOL)
    throw otherProtocol(place, protocol);
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
