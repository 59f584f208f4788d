import { describe, expect, jest, test } from "bun:test";
import { z } from "zod";
import { defineCommandBody } from "#cli/outside-command.ts";
import { withProgress } from "#cli/progress.ts";
import { inputOf, run } from "./run-sample.ts";

const drop = ["item", "drop", "OB-1", "--reason", "dup"];

describe("asking and waiting", () => {
  test("CM60 away from a terminal what destroys needs --yes", async () => {
    const ran = await run(drop);
    expect(ran).toMatchObject({ code: 2, opened: [] });
    expect(ran.stderr).toContain("Add --yes to confirm");
    expect(await inputOf([...drop, "--yes"])).toEqual({ ref: "OB-1", reason: "dup", dryRun: false });
    expect(await inputOf([...drop, "--dry-run"])).toMatchObject({ dryRun: true });
    expect((await run([...drop, "--json"], { typed: ["y"] })).code).toBe(2);
  });

  test("CM60 at a terminal the person is asked", async () => {
    const yes = await run(drop, { typed: ["y"] });
    expect(yes.code).toBe(0);
    expect(yes.stderr).toContain("sluice item drop OB-1 --reason dup: are you sure? [y/N] ");
    for (const typed of [["n"], [""], []])
      expect(await run(drop, { typed })).toMatchObject({ code: 2, opened: [] });
  });

  test("CM61 Ctrl-C ends with 130 and no answer", async () => {
    const controller = new AbortController();
    const invoke = () => {
      controller.abort();
      return new Promise<never>(() => {});
    };
    const ran = await run(["item", "list", "--json"], { invoke, signal: controller.signal });
    expect(ran).toMatchObject({ code: 130, stdout: "", stderr: "" });
  });

  test("CM62 progress is drawn on a terminal after a second and erased", async () => {
    jest.useFakeTimers();
    try {
      const drawn = await drawnWithin(1_200, true);
      expect(drawn[0]).toEndWith("| Work\\x1bing");
      expect(drawn.at(-1)).toBe("\r\u001b[2K");
      expect(await drawnWithin(900, true)).toEqual([]);
      expect(await drawnWithin(60_000, false)).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  test("into a pipe goes a line each five seconds, of what a command counts", async () => {
    jest.useFakeTimers();
    try {
      const lines = await drawnWithin(12_000, false, "300 of \u001b3000 items");
      expect(lines).toEqual(["300 of \\x1b3000 items\n", "300 of \\x1b3000 items\n"]);
      expect(await drawnWithin(4_000, false, "300 of 3000 items")).toEqual([]);
      expect((await drawnWithin(1_200, true, "300 of 3000 items"))[0]).toEndWith("| 300 of 3000 items");
    } finally {
      jest.useRealTimers();
    }
  });
});

/** What is drawn while work takes this long on the faked clock. */
async function drawnWithin(ms: number, isTTY: boolean, told?: string): Promise<readonly string[]> {
  const drawn: string[] = [];
  const work = Promise.withResolvers<void>();
  const write = (text: string) => {
    drawn.push(text);
    return Promise.resolve();
  };
  const shown = withProgress(
    { isTTY, columns: () => 80, write },
    { summary: "Work\u001bing", told: () => told },
    work.promise,
  );
  jest.advanceTimersByTime(ms);
  work.resolve();
  await shown;
  return drawn;
}

describe("commands outside the registry", () => {
  const commands = {
    init: {
      summary: "Begin a workspace.",
      examples: [{ command: "sluice init --prefix OB", does: "Begins one" }],
      load: () =>
        Promise.resolve(
          defineCommandBody({
            input: z.object({ prefix: z.string().default("IT"), open: z.boolean().default(false) }),
            run: async ({ surroundings, globals, open }, input) => {
              if (input.open) await open();
              await surroundings.stdout.write(`${input.prefix} ${globals.json}\n`);
              return 0;
            },
          }),
        ),
    },
  };

  test("they read flags as operations do and open only when they ask", async () => {
    expect(await run(["init", "--prefix", "OB", "--json"], { commands })).toMatchObject({
      code: 0,
      stdout: "OB true\n",
      opened: [],
    });
    expect((await run(["init", "--open"], { commands })).opened).toHaveLength(1);
    expect((await run(["init", "--prefx", "x"], { commands })).stderr).toContain("Did you mean --prefix?");
    expect((await run(["--help"], { commands })).stdout).toMatch(/ init +Begin a workspace\./);
  });
});
