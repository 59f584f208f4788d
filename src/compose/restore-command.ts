import { resolve } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineCommandBody } from "#cli/outside-command.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { findCaller } from "./find-caller.ts";
import { namedPlace } from "./find-workspace.ts";
import { hostName } from "./places.ts";
import { trust } from "./user-settings.ts";

/** Makes a new workspace from a backup. */
export const restoreCommand = defineCommandBody({
  input: z.object({
    from: z.string().describe("A file that sluice backup wrote"),
    to: z.string().describe("A new file, or a new schema: postgres://…?schema=NAME"),
  }),
  positional: ["from"],
  run: async ({ surroundings, globals }, input) => {
    const { env, cwd, stdout, stderr } = surroundings;
    const by = findCaller({ ...globals, env, isTTY: surroundings.stdin.isTTY, host: hostName(env) });
    if (by.authority !== "human")
      throw new SluiceError("denied", "Only a person restores a workspace", {
        hint: "Ask one to run: sluice restore FROM --to PLACE",
      });
    const [from, to] = [resolve(cwd, input.from), namedPlace(input.to, cwd)];
    const shows = stderr.isTTY && !globals.quiet;
    const { findings, ...history } = await restoreBackup({
      by,
      from,
      to,
      onProgress: (table, rows) => void (shows && stderr.write(`\r\u001b[K${table}: ${rows}`)),
    });
    if (shows) await stderr.write("\r\u001b[K");
    trust(env, to);
    const restored = { url: to.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@"), ...history, findings };
    const text = `Restored ${restored.url} with ${history.events} entries of history; ${findings.length} findings of sluice doctor\n`;
    await stdout.write(globals.json ? `${JSON.stringify({ restored })}\n` : text);
    return 0;
  },
});
