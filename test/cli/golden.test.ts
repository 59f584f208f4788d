import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { COMMAND_TABLE } from "#cli/command-table.ts";
import { helpText } from "#cli/help/help-text.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { contextOf } from "#test/operation-bench.ts";
import { gitSandbox } from "#test/git-fixture.ts";
import { shown } from "#test/shown.ts";
import { agent, human, openTestStore } from "#test/stores.ts";
import { commandWords } from "../http/command-words.ts";
import { GOLDEN_DAY, type Call } from "./golden-day.ts";

const HOUR = 3_600_000;
/** Noon of the first day of 2026: when the day begins. */
const BEGIN = Date.UTC(2026, 0, 1, 12);
const WIDTH = 80;
const file = (name: string): string => join(import.meta.dir, "golden", `${name}.txt`);
const Leased = z.object({ lease: z.object({ id: z.string() }) });

const seen = new Map<string, string[]>();

beforeAll(async () => {
  const workspace = await openTestStore("sqlite");
  const sandbox = gitSandbox();
  const begun = await workspace.store.now();
  let hours = 0;
  seen.set("help", [`$ sluice --help\n${helpText(COMMAND_TABLE, "")}`]);
  let lease: string | undefined;
  await workspace.store.projects.add({ by: human(), alias: "app", name: "App" });
  const app = sandbox.repo("app");
  const sha = app.commit({ message: "Give the cookie a lifetime (OB-1)", files: { "cookie.ts": "30\n" } });
  sandbox.repo("again");
  await Bun.write(sandbox.path("TODO.md"), TODO);

  /** What two runs cannot have in common: times to the hour, ids, secrets, folders. */
  const settled = (value: unknown): unknown => {
    const text = (JSON.stringify(value) ?? "null")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => {
        const hoursSince = Math.round((new Date(iso).getTime() - begun) / HOUR);
        // The commits of the test are of a day long ago, and the same for ever.
        return new Date(BEGIN + Math.max(hoursSince, -240) * HOUR).toISOString();
      })
      .replaceAll(sandbox.root, "/home/ada")
      .replaceAll(/slc_[\w-]+/g, "slc_secret")
      .replaceAll(/L[\w-]{22}\b/g, "LEASE")
      .replaceAll(/\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/g, (hash) =>
        "0123456789abcdef".repeat(4).slice(0, hash.length),
      )
      .replaceAll(/"(bytes_before|bytes_after)":\d+/g, '"$1":0');
    return JSON.parse(text);
  };

  const call = async ({ by, name, input }: Call): Promise<void> => {
    const operation = await REGISTRY[name]();
    const real = Object.fromEntries(
      Object.entries(input).map(([field, value]) => [field, value === "COMMIT" ? sha : value]),
    );
    const caller = by === "ada" ? human() : agent(by, by === "codex" ? lease : undefined);
    const answer = await invoke({ ...contextOf(workspace.store, sandbox), caller }, operation, real);
    lease = Leased.safeParse(answer).data?.lease.id ?? lease;
    const now = BEGIN + hours * HOUR;
    const text = await shown(name, settled(answer), { width: WIDTH, now });
    const line = commandWords(operation, input).map((word) => (/[^\w./:=-]/.test(word) ? `'${word}'` : word));
    const told = name === "item.snooze" ? "sluice item snooze OB-4 --until 30h" : `sluice ${line.join(" ")}`;
    seen.set(name, [...(seen.get(name) ?? []), `$ ${told}\n${text}\n`]);
  };

  try {
    for (const step of GOLDEN_DAY)
      if ("hours" in step) {
        hours += step.hours;
        workspace.advance(step.hours * HOUR);
      } else await call(step);
  } finally {
    await workspace.close();
    sandbox[Symbol.dispose]();
  }
}, 120_000);

const TODO = `# To do

## Rotate the signing key

- Status: open
- Problem: The key is two years old.

## Old news

- Status: done
`;

/** Writes what is shown now in place of what was; read the difference before it is committed. */
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

describe("what a person sees", () => {
  const names = [...Object.keys(REGISTRY), "help"];

  test.each(names)("%s shows at 80 columns what its golden text says", (name) => {
    const text = (seen.get(name) ?? []).join("\n");
    if (isUpdate && text !== "") writeFileSync(file(name), text);
    expect(existsSync(file(name))).toBe(true);
    expect(text).toBe(readFileSync(file(name), "utf8"));
  });

  test.each(names)("%s keeps to 80 columns", (name) => {
    const lines = (seen.get(name) ?? []).flatMap((text) => text.split("\n").slice(1));
    expect(lines.filter((line) => Bun.stringWidth(line) > WIDTH)).toEqual([]);
  });

  test("CM70 help keeps to 80 columns, but for what is typed in one line or has no spaces", () => {
    const lines = Object.keys(COMMAND_TABLE).flatMap((path) => helpText(COMMAND_TABLE, path).split("\n"));
    const mayBeWider = /^(Usage:| {2}\S*sluice | *(--\S+ )?\S+$)/;
    expect(lines.filter((line) => Bun.stringWidth(line) > WIDTH && !mayBeWider.test(line))).toEqual([]);
  });
});
