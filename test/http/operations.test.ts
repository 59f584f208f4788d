import { expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { openApi } from "#http/open-api.ts";
import { ROUTES, routeOf } from "#http/routes.ts";
import { writeCall } from "#http/call-request.ts";
import { SluiceError } from "#domain/errors.ts";
import { REGISTRY, MACHINE_REGISTRY } from "#operations/registry.ts";
import { tokenCaller } from "#domain/caller.ts";
import { parseActor } from "#domain/actor.ts";
import { DAY } from "#test/whole-day.ts";
import { operationOf, timeless } from "./whole-day.ts";
import { type HttpBench, openHttpBench } from "./http-bench.ts";

test("HT1 every operation but those that take files by path has one address, in a valid document", async () => {
  const routes = Object.entries(ROUTES).filter(([, route]) => route !== undefined);
  expect(new Set(routes.map(([, route]) => route)).size).toBe(routes.length);
  const without = Object.keys(REGISTRY).filter((name) => routeOf(name) === undefined);
  expect(without).toEqual(["todo.import", "todo.export", "todo.check"]);
  const operations = { ...REGISTRY, ...MACHINE_REGISTRY };
  const document = await openApi({ version: "1.2.3", operations });
  const ids = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .map((operation) => String(operation["operationId"]));
  expect(ids.toSorted()).toEqual([...routes.map(([name]) => name), "caller", "events"].toSorted());
  const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
});

const Leased = z.object({ lease: z.object({ id: z.string() }) });

test("HT2 each operation answers and refuses over HTTP as it does elsewhere", async () => {
  await using direct = await openHttpBench();
  const grant = { id: 99, actor: parseActor("human:ada"), role: "admin" } as const;
  const callerOf = (held: string | undefined) =>
    tokenCaller(grant, { interface: "http", host: "here", ...of("lease", held) });
  await using served = await openHttpBench({
    replace: () => ({
      authenticate: (given) => Promise.resolve(callerOf(given.lease)),
      isKnown: () => Promise.resolve(true),
    }),
  });
  const lease: Record<"direct" | "served", string | undefined> = { direct: undefined, served: undefined };
  for (const { work } of [direct, served]) {
    await work.call("repo.add", { paths: [work.sandbox.repo("app").dir], project: "app" });
    work.sandbox.repo("again");
  }
  for (const [tool, given] of DAY) {
    const name = operationOf(tool);
    const route = routeOf(name);
    if (route === undefined) continue;
    const inputOf = ({ work }: HttpBench) =>
      "path" in given ? { ...given, path: `${work.sandbox.root}/again` } : given;
    const as = callerOf(lease.direct);
    const expected = await direct.work.call(name, inputOf(direct), { as }).catch(refusalOf);
    const { path, body } = writeCall(route, inputOf(served));
    const headers = of("Sluice-Lease", lease.served);
    const { body: answer } = await served.send(route.method, path, { headers, ...of("body", body) });
    lease.direct = Leased.safeParse(expected).data?.lease.id ?? lease.direct;
    lease.served = Leased.safeParse(answer).data?.lease.id ?? lease.served;
    expect({ name, answer: seen(answer) }).toEqual({ name, answer: seen(expected) });
  }
}, 60_000);

const of = <V>(name: string, value: V | undefined): Record<string, V> =>
  value === undefined ? {} : { [name]: value };

/** A refusal as HTTP shows it. */
function refusalOf(error: unknown): object {
  if (!(error instanceof SluiceError)) throw error;
  const { code, message, hint, details } = error;
  if (code === "nothing_ready") return { item: null, ...details, message, ...of("hint", hint) };
  return { code, detail: message, ...of("hint", hint), details };
}

/** Without what is not the refusal's own. */
const Shown = z
  .record(z.string(), z.unknown())
  .transform(({ type: _t, title: _n, status: _s, ...rest }) => rest);
const seen = (answer: unknown): unknown => timeless(Shown.parse(JSON.parse(JSON.stringify(answer))));
