import Validator from "ajv/dist/2020.js";
import { z } from "zod";
import { wireHttp, type HttpOptions } from "#compose/serve/wire-http.ts";
import { parseActor } from "#domain/actor.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Role } from "#domain/caller.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { createHttpApp, type HttpApp } from "#http/create-http-app.ts";
import { loopbackHosts } from "#http/guard-request.ts";
import { DEFAULT_LIMITS, type HttpInterface } from "#http/http-interface.ts";
import { openApi } from "#http/open-api.ts";
import { REGISTRY, MACHINE_REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { human, type StoreKind } from "#test/stores.ts";

/** A workspace behind a real socket of this machine. */
export interface HttpBench {
  readonly work: OperationBench;
  readonly url: URL;
  readonly app: HttpApp;
  /** Makes a token and answers its secret. */
  readonly token: (as: string, role: Role, projectIds?: readonly number[]) => Promise<string>;
  /** Sends a request below `/api/v1`; the answer must be one that the OpenAPI document describes. */
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<Sent>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface SendOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface HttpBenchOptions extends Partial<HttpOptions> {
  readonly kind?: StoreKind;
  readonly projects?: readonly string[];
  /** Changes parts of the http. */
  readonly replace?: (http: HttpInterface) => Partial<HttpInterface>;
  readonly newId?: Surroundings["newId"];
}

/** Only what the interface takes of a process. */
const SURROUNDINGS = { version: "1.2.3", logFile: "/dev/null", now: Date.now };

export async function openHttpBench(options: HttpBenchOptions = {}): Promise<HttpBench> {
  const { kind, projects, replace, newId = () => "bug", ...wanted } = options;
  const work = await operationBench(projects, kind);
  const http = wireHttp({ ...SURROUNDINGS, newId } as Surroundings, work.context(human()), {
    requireToken: false,
    hosts: loopbackHosts(),
    limits: { ...DEFAULT_LIMITS, requestsPerSecond: 0 },
    ...wanted,
  });
  const app = createHttpApp({ ...http, ...replace?.(http) });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, one) =>
      app.fetch(request, {
        patient: () => one.timeout(request, 0),
        address: () => one.requestIP(request)?.address ?? "",
      }),
  });
  return {
    work,
    url: server.url,
    app,
    token: async (as, role, projectIds) => {
      const secret = `slc_${crypto.randomUUID()}`;
      const hash = await sha256(secret);
      await work.store.tokens.create({ by: human(), actor: parseActor(as), role, hash, projectIds });
      return secret;
    },
    send: (method, path, more = {}) => send(new URL(`/api/v1${path}`, server.url), method, more),
    [Symbol.asyncDispose]: async () => {
      app.stop();
      await server.stop(true);
      await http.close();
      await work[Symbol.asyncDispose]();
    },
  };
}

async function send(
  url: URL,
  method: string,
  { body, token, headers = {}, signal }: SendOptions,
): Promise<Sent> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const read: unknown = text === "" ? undefined : JSON.parse(text);
  await checkAnswer(method, url.pathname.replace("/api/v1", ""), response, read);
  return { status: response.status, headers: response.headers, body: read };
}

const Content = z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })).optional() });
const Responses = z.object({ responses: z.record(z.string(), Content) });

/** The document that every answer of the tests is held against. */
const DOCUMENT = openApi({ version: "1.2.3", operations: { ...REGISTRY, ...MACHINE_REGISTRY } });
const validator = new Validator({ strict: false, allErrors: true, validateFormats: false });

async function checkAnswer(method: string, path: string, response: Response, body: unknown): Promise<void> {
  const { paths, components } = await DOCUMENT;
  const found = Object.entries(paths).find(([template]) => matches(template, path));
  const operation = found?.[1][method.toLowerCase()];
  if (operation === undefined) return; // an address that is not there
  const { responses } = Responses.parse(operation);
  const described = responses[String(response.status)] ?? responses["default"];
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const media = described?.content?.[type];
  if (response.status === 304) return;
  if (media === undefined)
    throw new Error(`${method} ${path} answered ${response.status} ${type}, which is not described`);
  const validate = validator.compile({ ...Object(media.schema), components });
  if (!validate(body))
    throw new Error(
      `${method} ${path} answered what its schema refuses: ${validator.errorsText(validate.errors)}`,
    );
}

/** A template matches what has as many parts, of which the fixed ones are equal; one without a field is looked for first. */
function matches(template: string, path: string): boolean {
  const [parts, given] = [template.split("/"), path.split("?")[0]?.split("/") ?? []];
  return (
    parts.length === given.length && parts.every((part, at) => part.startsWith("{") || part === given[at])
  );
}
