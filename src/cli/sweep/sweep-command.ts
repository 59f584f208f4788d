import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { defineCommandBody } from "#cli/outside-command.ts";
import { SluiceError } from "#domain/errors.ts";
import { lineKeys, terminalKeys } from "./keys.ts";
import { sweepSentence } from "#cli/present/fact-cards.ts";
import { type SweepDesk, sweepLoop } from "./sweep-loop.ts";

const CLEAR = "\u001b[2J\u001b[H";
const MINUTE_MS = 60_000;

/** Goes through what waits for a person, one entry a screen and one key for each. */
export const sweepCommand = defineCommandBody({
  input: z.object({
    of: z
      .string()
      .max(64)
      .optional()
      .describe("gate, decisions, review, triage, or a lane; default the first four"),
    plain: z.boolean().default(false).describe("Clear no screen, and take a line for each key"),
  }),
  positional: ["of"],
  run: async ({ surroundings, globals, ask, show }, { of, plain }) => {
    const { stdin, stdout, env, now, newId } = surroundings;
    if (globals.json)
      throw new SluiceError("invalid", "sluice sweep asks a person and takes no --json", {
        hint: "A script takes entries with: sluice sweep next --session NAME --json",
      });
    const isScreen = !plain && stdin.isTTY && stdout.isTTY;
    const keys = isScreen ? terminalKeys(stdout) : lineKeys(stdin, stdout);
    const desk: SweepDesk = {
      keys,
      ask,
      show,
      print: stdout.write,
      clear: async () => stdout.write(isScreen ? CLEAR : "\n"),
      edit: async (text) => await inEditor(text, env),
    };
    const session = `sweep-${newId()}`;
    const began = now();
    let swept = { seen: 0, results: {} };
    try {
      swept = await sweepLoop(desk, { of, project: globals.project, session });
    } finally {
      keys.close();
    }
    if (swept.seen === 0) return 0;
    const minutes = Math.round((now() - began) / MINUTE_MS);
    await ask("sweep.end", { session, ...swept, minutes });
    await stdout.write(`\n${sweepSentence(swept.seen, swept.results, minutes)}\n`);
    return 0;
  },
});

/** The text after the person's editor; undefined where it is the same. */
async function inEditor(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-edit-"));
  const file = join(folder, "ITEM.md");
  try {
    writeFileSync(file, text, { mode: 0o600 });
    const editor = env["VISUAL"] ?? env["EDITOR"] ?? "vi";
    process.stdin.setRawMode?.(false);
    const program = Bun.spawn(["sh", "-c", `${editor} "$1"`, "sh", file], {
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    const code = await program.exited;
    const after = readFileSync(file, "utf8");
    return code !== 0 || after === text ? undefined : after;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (process.stdin.isTTY) process.stdin.setRawMode?.(true);
  }
}
