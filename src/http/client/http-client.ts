import { z } from "zod";
import { ERROR_CATALOGUE, type ErrorCode, SluiceError } from "#domain/errors.ts";
import { isLoopback } from "#http/guard-request.ts";
import { NOTHING_READY } from "#http/problem.ts";

interface HttpClientOptions {
  /** Origin of a Sluice server, with the path in front of `/api/v1` where it has one; `unix:PATH` of a run's own. */
  readonly url: string;
  readonly token: string | undefined;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
}

interface HttpRequest {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request and answers its JSON. A refusal of the server is thrown as what it was there. */
export type HttpClient = (request: HttpRequest) => Promise<unknown>;

/** A server that takes a connection and then says nothing; it gives every call but `wait` up sooner itself. */
const SILENT_MS = 60_000;

const Problem = z.object({
  code: z.string(),
  detail: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).default({}),
});
const NothingReady = z.object({ why: z.unknown(), message: z.string(), hint: z.string().optional() });

/** Refuses with `invalid` what is not an address, and a token that would go over the network unencrypted. */
export function createHttpClient({ url, token, headers }: HttpClientOptions): HttpClient {
  const socket = /^unix:(.+)$/.exec(url)?.[1];
  const base = `${socket === undefined ? url.replace(/\/+$/, "") : "http://run"}/api/v1`;
  const shown = serverAddress(url, token);
  return async ({ method, path, body, headers: more = {}, signal }) => {
    const isWait = path.startsWith("/wait");
    const ends = [
      ...(signal === undefined ? [] : [signal]),
      ...(isWait ? [] : [AbortSignal.timeout(SILENT_MS)]),
    ];
    const response = await fetch(`${base}${path}`, {
      method,
      redirect: "error", // a token goes to the server that was named, and nowhere else
      headers: {
        Accept: "application/json",
        ...headers,
        ...more,
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(ends.length === 0 ? {} : { signal: AbortSignal.any(ends) }),
      ...(socket === undefined ? {} : { unix: socket }),
      ...UNTIMED,
    }).catch((cause: unknown) => {
      throw unreachable(shown, cause);
    });
    return await answerOf(shown, response);
  };
}

/** Bun's own limit of five minutes would end a longer wait. */
const UNTIMED: object = { timeout: false };

async function answerOf(url: string, response: Response): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  const answer = readJson(text);
  if (response.headers.get(NOTHING_READY) === "nothing_ready") {
    const { message, hint, why } = NothingReady.parse(answer);
    throw new SluiceError("nothing_ready", message, {
      ...(hint === undefined ? {} : { hint }),
      details: { why },
    });
  }
  if (response.ok && answer !== undefined) return answer;
  throw refusalIn(answer) ?? noServer(url, response.status);
}

function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function refusalIn(answer: unknown): SluiceError | undefined {
  const read = Problem.safeParse(answer);
  if (!read.success || !isCode(read.data.code)) return undefined;
  const { code, detail, hint, details } = read.data;
  return new SluiceError(code, detail, { ...(hint === undefined ? {} : { hint }), details });
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CATALOGUE, text);

function unreachable(url: string, cause: unknown): SluiceError {
  return new SluiceError("unavailable", `The server at ${url} does not answer`, {
    hint: "Is it running, and is the address right? It is not known whether a change was done: look, or repeat it with --idempotency-key",
    details: { workspace: url },
    cause,
  });
}

function noServer(url: string, status: number): SluiceError {
  return new SluiceError("unavailable", `What answers at ${url} is not a Sluice server (status ${status})`, {
    hint: "Check the address: it is the one that sluice serve printed",
    details: { workspace: url, status },
  });
}

/**
 * The address of a server as it may be shown: without a user name and password.
 * Refuses with `invalid` what is not an address, and a token on a plain connection that leaves this machine.
 */
export function serverAddress(url: string, token: string | undefined): string {
  if (!URL.canParse(url))
    throw new SluiceError("invalid", "The address of the server is not valid", {
      hint: "Give it as https://HOST or https://HOST:PORT",
      details: { field: "workspace" },
    });
  const address = new URL(url);
  address.username = "";
  address.password = "";
  const shown = address.href.replace(/\/+$/, "");
  const isPlain = address.protocol === "http:" && !isOwnMachine(address.hostname);
  if (token === undefined || !isPlain) return shown;
  throw new SluiceError("invalid", `A token is not sent to ${shown}: anyone on the network could read it`, {
    hint: "Use the server's https address, or that of a proxy with TLS in front of it",
    details: { field: "workspace", value: shown, accepted: "an https address" },
  });
}

const isOwnMachine = (hostname: string): boolean =>
  isLoopback(hostname) || /^127(?:\.\d{1,3}){3}$/.test(hostname);
