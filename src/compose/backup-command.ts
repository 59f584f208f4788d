import { resolve } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineCommandBody } from "#cli/outside-command.ts";
import { backUpPlace, type BackedUp } from "#store/backup/back-up-place.ts";
import { findCaller } from "./find-caller.ts";
import { findWorkspace } from "./find-workspace.ts";
import { hostName } from "./places.ts";

/** Writes a verified backup of the workspace. */
export const backupCommand = defineCommandBody({
  input: z.object({
    to: z.string().describe("A folder, or a new file"),
    keep: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe("Remove older backups of this workspace from the folder, all but so many"),
  }),
  positional: ["to"],
  run: async ({ surroundings, globals }, { to, keep }) => {
    const { env, cwd, stdout } = surroundings;
    const by = findCaller({ ...globals, env, isTTY: surroundings.stdin.isTTY, host: hostName(env) });
    if (by.authority !== "human")
      throw new SluiceError("denied", "Only a person backs a workspace up", {
        hint: "Ask one to run: sluice backup TO",
      });
    const place = findWorkspace({ workspace: globals.workspace, profile: globals.profile, cwd, env });
    const made = await backUpPlace({ place, to: resolve(cwd, to), keep });
    await stdout.write(globals.json ? `${JSON.stringify({ backup: made })}\n` : sentence(made));
    return 0;
  },
});

function sentence({ path, bytes, events, findings, removed }: BackedUp): string {
  const ill = `The workspace has ${findings} errors, and so has its backup; see: sluice doctor\n`;
  return [
    `Backed up to ${path}: ${bytes} bytes, ${events} entries of history\n`,
    findings === 0 ? "" : ill,
    removed.length === 0 ? "" : `Removed ${removed.length} older\n`,
  ].join("");
}
