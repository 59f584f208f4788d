import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "bun:test";
import { z } from "zod";
import { openWorkBench, SLUICE, type WorkBench } from "#test/work-bench.ts";

let bench: WorkBench;
afterEach(() => bench.close());

const Results = z.object({
  results: z.array(z.object({ ref: z.string(), result: z.string(), note: z.string().optional() })),
});

/** An agent that writes a file named after its item; that of OB-3 clashes with that of OB-1. */
const AGENT = `#!/bin/sh
case $SLUICE_ITEM in OB-3) file=OB-1.txt;; *) file=$SLUICE_ITEM.txt;; esac
echo "$SLUICE_ITEM" > $file; git add -A; git commit -qm "Write it"
`;

async function worked(): Promise<void> {
  bench = openWorkBench();
  bench.sluice("config", "set", "fast_forward", "no");
  bench.sluice("project", "edit", "app", "--check", "true");
  for (const title of ["Second", "Third"])
    bench.sluice("item", "add", "-t", title, "-p", "app", "--lane", "autonomous_safe");
  bench.write("agent", AGENT, 0o755);
  const working = bench.work(
    ["--runner", `robot=${join(bench.home, "agent")}`, "--until-empty", "--json"],
    {},
  );
  expect(await working.exitCode).toBe(0);
}

test("WK68 land takes any number of results in turn, each merged anew, and says why one did not land", async () => {
  await worked();
  const top = bench.git("rev-parse", "--show-toplevel").trim();
  expect(bench.git("log", "--format=%s").trim()).toBe("Begin");
  writeFileSync(join(top, "OB-2.txt"), "mine\n");
  writeFileSync(join(top, "notes.txt"), "mine\n");
  const landed = (...words: readonly string[]) =>
    Results.parse(JSON.parse(bench.atTerminal(`${SLUICE} land ${words.join(" ")} --json --quiet || true`)))
      .results;
  const [first, second, third, ...others] = landed("--all");
  expect([first?.result, second?.result, third?.result, others]).toEqual(["landed", "waits", "returned", []]);
  expect(second?.note).toContain("something of yours in the way: OB-2.txt. Then: sluice land OB-2");
  expect(third?.note).toContain("OB-1.txt");
  expect(readFileSync(join(top, "OB-1.txt"), "utf8")).toBe("OB-1\n");
  expect(readFileSync(join(top, "OB-2.txt"), "utf8")).toBe("mine\n");
  bench.git("clean", "-q", "-f", "OB-2.txt");
  expect(landed("OB-2", "OB-1").map(({ ref, result }) => [ref, result])).toEqual([
    ["OB-2", "landed"],
    ["OB-1", "refused"],
  ]);
  expect(existsSync(join(top, "OB-2.txt"))).toBe(true);
  expect(bench.git("status", "--porcelain").trim()).toBe("?? notes.txt");
  expect(bench.git("log", "--format=%s").trim().split("\n")).toEqual([
    "OB-2: Write it",
    "OB-1: Write it",
    "Begin",
  ]);
  expect(landed("--all")).toEqual([]);
}, 120_000);

test("WK69 repo add asks at a terminal, once, whether checkouts may move along", () => {
  bench = openWorkBench();
  const add = (path: string, typed: string): string => {
    bench.git("init", "-q", path);
    return bench.atTerminal(`${SLUICE} repo add ${path} -p app`, typed);
  };
  const setting = (): unknown =>
    z
      .object({ settings: z.array(z.object({ key: z.string(), value: z.string() })) })
      .parse(JSON.parse(bench.sluice("config", "list", "--json")))
      .settings.find(({ key }) => key === "fast_forward")?.value;
  expect(setting()).toBeUndefined();
  expect(add("../one", "")).toContain("may a checkout where nothing is in the way move along? [Y/n]");
  expect(setting()).toBeUndefined();
  expect(add("../two", "sluice item add -t Pasted\nn\n").split("[Y/n]")).toHaveLength(3);
  expect(setting()).toBe("no");
  expect(add("../three", "y\n")).not.toContain("[Y/n]");
  expect(setting()).toBe("no");
}, 60_000);
