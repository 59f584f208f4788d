import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { writeCall } from "#http/call-request.ts";
import { checkoutText } from "#http/call-operation.ts";
import { routeOf } from "#http/routes.ts";
import type { Context, RemoteWorkspace } from "#operations/context.ts";
import type { HttpClient } from "./http-client.ts";

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
      `${operation.name} reads and writes files at your own place, and needs a token of the role operator for all projects`,
      {
        hint: "Ask for one that is made with: sluice token create --role operator",
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
