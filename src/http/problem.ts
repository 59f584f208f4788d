import { ERROR_CATALOGUE, SluiceError } from "#domain/errors.ts";

/** Seconds after which a call that was refused as `limited` or `unavailable` may be tried again, where nothing better is known. */
const RETRY_AFTER_S = 1;

/** A refusal as RFC 9457 has it, with the catalogue's code, hint and details beside. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

interface ProblemOptions {
  /** Where the catalogue's status is not the fitting one: 401, 405, 412, 413. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What has nothing to give is not a failure: status 200, no item, and why. */
export const NOTHING_READY = "Sluice-Code";

export function problemResponse(error: SluiceError, options: ProblemOptions = {}): Response {
  if (error.code === "nothing_ready") return nothingReady(error);
  const { http, retry } = ERROR_CATALOGUE[error.code];
  const status = options.status ?? http;
  const problem: Problem = {
    type: `urn:sluice:error:${error.code}`,
    title: error.code.replaceAll("_", " "),
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      ...(retry === "later" ? { "Retry-After": String(retryAfter(error)) } : {}),
      ...options.headers,
    },
  });
}

function nothingReady({ message, hint, details }: SluiceError): Response {
  const body = { item: null, ...details, message, ...(hint === undefined ? {} : { hint }) };
  return Response.json(body, { headers: { [NOTHING_READY]: "nothing_ready", "Cache-Control": "no-store" } });
}

const retryAfter = ({ details }: SluiceError): number =>
  typeof details["retry_after_s"] === "number" ? details["retry_after_s"] : RETRY_AFTER_S;
