import { copyFileSync, linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { quickNext } from "#compose/quick-next.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";

/** An item as a person adds it, in the agents' lane. */
const wanted = fc.record(
  {
    title: fc.constantFrom("Plain", 'Quotes " and \\ slash', "Ümläut 🙂", "<b>&amp;</b>"),
    priority: fc.constantFrom("P1", "P2", "P3", "P4", "P5"),
    labels: fc.subarray(["a", "b c", "ü"]),
    type: fc.constantFrom("bug", "task", "feature"),
    kind: fc.constantFrom("code", "research"),
  },
  { requiredKeys: ["title"] },
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: wanted }) },
  { weight: 1, arbitrary: fc.constant({ claim: true } as const) },
  { weight: 1, arbitrary: fc.constant({ bump: true } as const) },
);

const quick = (b: OperationBench, ...flags: readonly string[]) =>
  quickNext(["next", "--json", ...(flags.length === 0 ? ["-w", b.workspace.place] : flags)], {}, "/");

test("CX6 the quick answer is the whole program's, byte by byte, whatever the queue went through", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      await using b = await operationBench();
      for (const one of steps) {
        const before = quick(b);
        if ("add" in one) await b.call("item.add", { ...one.add, lane: "autonomous_safe" });
        else if (before === undefined) continue;
        else if ("claim" in one) await b.call("claim");
        else await b.call("item.bump", { ref: /"ref":"(OB-\d+)"/.exec(before)?.[1] });
        const whole = await b.call("next");
        const isItem = JSON.stringify(whole).startsWith('{"item"');
        expect(quick(b)).toBe(isItem ? `${JSON.stringify(whole)}\n` : undefined);
      }
    }),
    { numRuns: 25 },
  );
});

/** A workspace in which `next` has a plain answer. */
async function withItem(): Promise<OperationBench> {
  const b = await operationBench(["app", "web"]);
  await b.call("item.add", { title: "One", project: "app", lane: "autonomous_safe" });
  return b;
}

test("CX6 the place may stand in the environment, and a prefix is the workspace's", async () => {
  await using b = await withItem();
  await b.call("config.set", { key: "prefix", value: "WEB" });
  expect(quickNext(["next", "--json"], { SLUICE_WORKSPACE: b.workspace.place }, "/")).toContain(
    '"ref":"WEB-1"',
  );
  expect(quickNext(["next", "--json", "--workspace", "workspace.db"], {}, b.workspace.home)).toContain(
    "WEB-1",
  );
});

test.each([
  ["another flag", (b: OperationBench) => quick(b, "-w", b.workspace.place, "--can", "docker")],
  ["another order", (b: OperationBench) => quickNext(["--json", "next", "-w", b.workspace.place], {}, "/")],
  ["no place", () => quickNext(["next", "--json"], {}, "/")],
  ["a server", (b: OperationBench) => quick(b, "-w", "postgres://localhost/x")],
  ["no file", (b: OperationBench) => quick(b, "-w", join(b.workspace.home, "none.db"))],
  [
    "a variable that narrows",
    ({ workspace }: OperationBench) =>
      quickNext(["next", "--json", "-w", workspace.place], { SLUICE_PROJECT: "web" }, "/"),
  ],
])("CX6 %s is left to the whole program", async (_, ask) => {
  await using b = await withItem();
  expect(quick(b)).toBeString();
  expect(ask(b)).toBeUndefined();
});

test.each([
  ["a pause", (b: OperationBench) => b.call("pause")],
  ["a bound of leases", (b: OperationBench) => b.call("project.edit", { project: "app", maxLeases: 1 })],
  ["nothing ready", (b: OperationBench) => b.call("claim")],
  [
    "a second name",
    async ({ workspace }: OperationBench) => linkSync(workspace.place, `${workspace.place}.2`),
  ],
])("CX6 %s is left to the whole program", async (_, change) => {
  await using b = await withItem();
  expect(quick(b)).toBeString();
  await change(b);
  expect(quick(b)).toBeUndefined();
});

test("CX6 a queue for runners that can more is not looked into", async () => {
  await using b = await withItem();
  await b.call("item.add", {
    title: "Two",
    project: "app",
    lane: "autonomous_safe",
    needs: ["gpu"],
    priority: "P1",
  });
  expect(quick(b)).toBe(`${JSON.stringify(await b.call("next"))}\n`);
  expect(quick(b)).toContain('"title":"One"');
});

test("CX6 a file that is no workspace is left to the whole program", async () => {
  await using b = await withItem();
  const other = join(b.workspace.home, "other.db");
  writeFileSync(other, "no database");
  expect(quick(b, "-w", other)).toBeUndefined();
  copyFileSync(import.meta.path, other);
  expect(quick(b, "-w", other)).toBeUndefined();
});

test("CX7 what answers loads neither the schemas of inputs nor the SQL builder", async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "../../src/compose/quick-next.ts")],
    target: "bun",
    metafile: true,
  });
  const files = Object.keys(built.metafile?.inputs ?? {});
  expect(files.some((file) => file.endsWith("src/store/claim/hot-sql.ts"))).toBe(true);
  expect(files.filter((file) => file.includes("node_modules"))).toEqual([]);
});
