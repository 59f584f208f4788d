import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { operationBench, type OperationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { human, STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(60_000);

const Late = z.object({ version: z.int(), current: z.record(z.string(), z.unknown()) });

/** One thing that is edited: two fields with what they are set to, and what the refusal calls the first. */
interface Edited {
  readonly operation: OperationName;
  readonly name: object;
  readonly one: readonly [field: string, value: unknown, later: unknown, told: string];
  readonly two: readonly [field: string, value: unknown];
}

describe.each([...STORE_KINDS])("%s", (kind) => {
  let opened: OperationBench | undefined;
  const bench = (): OperationBench => {
    if (opened === undefined) throw new Error("the workspace is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await operationBench(["app"], kind);
    const repo = opened.sandbox.repo("code");
    repo.commit();
    await opened.call("repo.add", { paths: [repo.dir], alias: "code" });
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
  });

  /** What can be edited, each as new: at its first version. */
  async function edited(): Promise<readonly Edited[]> {
    const { store } = bench();
    const { item } = await store.items.add({
      by: human(),
      item: {
        projectId: 1,
        title: "Old",
        spec: { steps: [], risks: [], acceptance: [], premises: [] },
      },
    });
    const ref = `OB-${item.id}`;
    await store.projects.add({ by: human(), alias: `p${item.id}`, name: "Old" });
    return [
      { operation: "item.edit", name: { ref }, one: ["title", "A", "B", "title"], two: ["priority", "P1"] },
      { operation: "item.edit", name: { ref }, one: ["why", "A", "B", "why"], two: ["labels", ["x"]] },
      {
        operation: "item.edit",
        name: { ref },
        one: ["paths", [{ pattern: "a" }], [{ pattern: "b" }], "paths"],
        two: ["problem", "P"],
      },
      {
        operation: "project.edit",
        name: { project: `p${item.id}` },
        one: ["name", "A", "B", "name"],
        two: ["weight", 2],
      },
      {
        operation: "repo.edit",
        name: { repo: "code" },
        one: ["setup", "make a", "make b", "setup_command"],
        two: ["target", "remote"],
      },
    ];
  }

  async function versionOf({ operation, name }: Edited): Promise<number> {
    const [noun = "item"] = operation.split(".");
    if (noun === "item") {
      const { store } = bench();
      const ref = "ref" in name && typeof name.ref === "string" ? name.ref : "";
      return (await store.items.get({ id: await store.items.resolve({ ref }) })).item.version;
    }
    if (noun === "project") {
      const alias = "project" in name && typeof name.project === "string" ? name.project : "";
      return (await bench().store.projects.get({ alias })).version;
    }
    return (await bench().store.projects.repo({ alias: "code", host: "here" })).version;
  }

  test("DU10 edits of different fields from one version both stand, DU11 of one field the later is told", async () => {
    for (const thing of await edited()) {
      const { operation, name, one, two } = thing;
      const ifVersion = await versionOf(thing);
      await bench().call(operation, { ...name, ifVersion, [one[0]]: one[1] });
      await bench().call(operation, { ...name, ifVersion, [two[0]]: two[1] });
      const version = await versionOf(thing);
      expect(version).toBe(ifVersion + 2);
      const late = await refusal(bench().call(operation, { ...name, ifVersion, [one[0]]: one[2] }));
      expect(`${operation} ${late.code}`).toBe(`${operation} conflict`);
      const { current, ...told } = Late.parse(late.details);
      expect(told).toEqual({ version });
      expect(Object.keys(current)).toEqual([one[3]]);
      expect(JSON.stringify(current)).toContain(JSON.stringify(one[1]).replace(/^\[\{|\}\]$/g, ""));
      expect(await versionOf(thing)).toBe(version);
    }
  });

  test("DU11 a move counts as a change of the lane, and of nothing else", async () => {
    const { store } = bench();
    const [thing] = await edited();
    if (thing === undefined) throw new Error("nothing to edit");
    const ifVersion = await versionOf(thing);
    await bench().call("item.move", { ...thing.name, lane: "requires_clickops" });
    expect(await bench().call("item.edit", { ...thing.name, ifVersion, title: "New" })).toMatchObject({
      item: { title: "New", lane: "requires_clickops" },
    });
    expect((await store.history.check({ deep: true })).length).toBe(0);
  });

  test("of two edits of one field at the same moment one is refused", async () => {
    const other = await bench().workspace.again();
    for (const thing of await edited()) {
      const ifVersion = await versionOf(thing);
      const { operation, name, one } = thing;
      const [field] = one;
      const edits = [bench().store, other].map((store, at) =>
        bench().call(
          operation,
          { ...name, ifVersion, [field]: at === 0 ? one[1] : one[2] },
          { context: { store } },
        ),
      );
      const outcomes = (await Promise.allSettled(edits)).map(({ status }) => status);
      expect(`${operation} ${outcomes.toSorted().join()}`).toBe(`${operation} fulfilled,rejected`);
    }
  });

  test("a version that does not exist yet is refused", async () => {
    for (const thing of await edited()) {
      const ifVersion = (await versionOf(thing)) + 1;
      const edit = bench().call(thing.operation, { ...thing.name, ifVersion, [thing.two[0]]: thing.two[1] });
      expect((await refusal(edit)).code).toBe("conflict");
    }
  });

  test("changes of different lanes at the same moment both stand", async () => {
    const other = await bench().workspace.again();
    const names = Array.from({ length: 8 }, (_, at) => `lane_${at}`);
    await Promise.all(
      names.map((lane, at) =>
        bench().call(
          "lane.edit",
          { lane, role: "manual" },
          { context: { store: at % 2 === 0 ? other : bench().store } },
        ),
      ),
    );
    const lanes = (await bench().store.projects.lanes()).map(({ name }) => name);
    expect(names.filter((name) => !lanes.includes(name))).toEqual([]);
  });
});
