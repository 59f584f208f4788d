import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { SluiceError, invalidField } from "#domain/errors.ts";
import type { Checkout } from "#operations/context.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { readBody, readCall } from "./call-request.ts";
import type { HttpInterface } from "./http-interface.ts";
import { problemResponse } from "./problem.ts";
import type { RouteParts } from "./routes.ts";

interface OperationRequest {
  readonly http: HttpInterface;
  readonly operation: AnyOperation;
  readonly route: RouteParts;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly stopping: AbortSignal;
}

/** Runs an operation for a request and answers it: as JSON, unchanged (304), or as a problem. */
export async function callOperation(call: OperationRequest): Promise<Response> {
  const { http, request } = call;
  const ifMatch = versionOf(request.headers.get("if-match"));
  try {
    return response(call, await answerOf(call, await inputOf(call, ifMatch)));
  } catch (error) {
    const shown = await http.refusal(error);
    // What stands in the way of a conditional request is its own status (RFC 9110, 13.1.1).
    const isStale = ifMatch !== undefined && shown.code === "conflict" && "version" in shown.details;
    if (isStale) return problemResponse(shown, { status: 412 });
    throw shown;
  }
}

async function inputOf(
  { operation, route, request, params }: OperationRequest,
  ifMatch: number | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const body = route.method === "GET" ? undefined : await readBody(request);
  const input = readCall(operation, route, { params, url: new URL(request.url), body });
  return ifMatch === undefined ? input : onVersion(operation, input, ifMatch);
}

/** The input with the version that `If-Match` asks for. */
function onVersion(
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  ifVersion: number,
): Readonly<Record<string, unknown>> {
  if (!(operation.input instanceof z.ZodObject) || !Object.hasOwn(operation.input.shape, "ifVersion"))
    throw new SluiceError("invalid", `${operation.name} takes no If-Match`, {
      hint: "Omit the header",
      details: { field: "If-Match" },
    });
  const { ifVersion: inBody = ifVersion } = input;
  if (inBody === ifVersion) return { ...input, ifVersion };
  throw new SluiceError("invalid", "If-Match and ifVersion in the body name different versions", {
    hint: "Send one of them",
    details: { field: "If-Match", value: ifVersion, accepted: inBody },
  });
}

async function answerOf(
  { http, operation, request, caller, stopping }: OperationRequest,
  input: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const late = operation.name === "wait" ? [] : [AbortSignal.timeout(http.limits.callMs)];
  const signal = AbortSignal.any([request.signal, stopping, ...late]);
  const project = request.headers.get("sluice-project");
  const key = request.headers.get("idempotency-key");
  const checkout = checkoutOf(request.headers.get("sluice-checkout"));
  const answer = http.invoke({
    caller,
    operation,
    input,
    signal,
    ...(project === null ? {} : { project }),
    ...(key === null ? {} : { idempotencyKey: key }),
    ...(checkout === undefined ? {} : { checkout }),
  });
  const given = await inTime(answer, late);
  // What proved the caller may have ended while they waited.
  if (operation.name === "wait" && !(await http.isKnown(caller))) throw unknown();
  return given;
}

function unknown(): SluiceError {
  return new SluiceError("denied", "The token was revoked or expired, or the lease ended, during the call", {
    hint: "Start again with another token",
    details: { unauthenticated: true, needed: "a live token", has: "one that has ended" },
  });
}

/** What is still being done after its time goes on, but nobody waits for it. */
async function inTime<T>(answer: Promise<T>, late: readonly AbortSignal[]): Promise<T> {
  const [signal] = late;
  if (signal === undefined) return await answer;
  return await new Promise<T>((resolve, reject) => {
    const giveUp = () =>
      reject(
        new SluiceError("unavailable", "The call timed out", {
          hint: "It is not known whether it was done: look, or repeat it under the same Idempotency-Key",
        }),
      );
    signal.addEventListener("abort", giveUp, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

function response({ request, operation, route }: OperationRequest, answer: unknown): Response {
  const text = JSON.stringify(answer);
  const tag = operation.effect === "read" ? readTag(answer, text) : changeTag(answer);
  const next = nextPage(request, answer);
  const headers = {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache",
    ...(tag === undefined ? {} : { ETag: tag }),
    ...(next === undefined ? {} : { Link: `<${next}>; rel="next"` }),
  };
  const known = route.method === "GET" ? request.headers.get("if-none-match") : null;
  const isKnown = known !== null && tag !== undefined && isAmong(tag, known);
  return isKnown ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
}

function nextPage(request: Request, answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("page" in answer)) return undefined;
  const { page } = answer;
  if (typeof page !== "object" || page === null || !("next" in page)) return undefined;
  if (typeof page.next !== "string") return undefined;
  const url = new URL(request.url);
  url.searchParams.set("cursor", page.next);
  return `${url.pathname}${url.search}`;
}

/** `HOST PATH`, the path in percent-encoding. */
export function checkoutOf(text: string | null | undefined): Checkout | undefined {
  const [, host, path] = /^([\w.-]{1,255}) (\S{1,12288})$/.exec(text ?? "") ?? [];
  if (host === undefined || path === undefined) return undefined;
  const commonDir = decoded(path);
  if (commonDir !== undefined && !commonDir.includes("\0")) return { host, commonDir };
  throw invalidField("Sluice-Checkout", text, "a host and a path in percent-encoding");
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export const checkoutText = ({ host, commonDir }: Checkout): string =>
  `${host} ${encodeURIComponent(commonDir)}`;

/** Answers whose one thing has a version: its tag is what `If-Match` takes. */
const Versioned = z.union([
  z.object({ item: z.object({ version: z.int() }) }).transform(({ item }) => item.version),
  z.object({ project: z.object({ version: z.int() }) }).transform(({ project }) => project.version),
  z.object({ repo: z.object({ version: z.int() }) }).transform(({ repo }) => repo.version),
]);

/** The version of the one thing that an answer is about. */
function versionIn(answer: unknown): number | undefined {
  return Versioned.safeParse(answer).data;
}

/**
 * Tag of what was read: a hash of its text, after the version where it is about one thing that has one. Notes, links and leases
 * change an item's answer and not its version. Weak without a version, since equal answers may differ in form.
 */
function readTag(answer: unknown, text: string): string {
  const version = versionIn(answer);
  const hash = Bun.hash(text).toString(36);
  return version === undefined ? `W/"${hash}"` : `"${version}-${hash}"`;
}

/** Tag of what a change answered: the version it made. */
function changeTag(answer: unknown): string | undefined {
  const version = versionIn(answer);
  return version === undefined ? undefined : `"${version}"`;
}

/** Whether a reader that has these tags, as `If-None-Match` names them, has this answer. */
function isAmong(tag: string, known: string): boolean {
  const plain = (one: string) => one.trim().replace(/^W\//, "");
  return known.split(",").some((one) => plain(one) === plain(tag));
}

/** The version that `If-Match` asks for, the number alone included; undefined where it asks for none or any. */
function versionOf(ifMatch: string | null): number | undefined {
  if (ifMatch === null || ifMatch === "*") return undefined;
  const [, quoted, bare] = /^(?:"(\d{1,15})(?:-[0-9a-z]{1,32})?"|(\d{1,15}))$/.exec(ifMatch) ?? [];
  const version = quoted ?? bare;
  if (version === undefined) throw invalidField("If-Match", ifMatch, 'the ETag of an item, like "3"');
  return Number(version);
}
