import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineCommandBody } from "#cli/outside-command.ts";
import { copyPlaces } from "#store/open-store.ts";
import { findCaller } from "./find-caller.ts";
import { namedPlace } from "./find-workspace.ts";
import { hostName } from "./places.ts";
import { trust } from "./user-settings.ts";

/** Carries a workspace to another file or database, and shows that nothing was lost. */
export const copyCommand = defineCommandBody({
  input: z.object({
    from: z.string().describe("A file or postgres://… with a workspace; it may be in use"),
    to: z.string().describe("A new file, or a new schema: postgres://…?schema=NAME"),
  }),
  positional: ["from", "to"],
  run: async ({ surroundings, globals }, input) => {
    const { env, cwd, stdout, stderr } = surroundings;
    const by = findCaller({ ...globals, env, isTTY: surroundings.stdin.isTTY, host: hostName(env) });
    if (by.authority !== "human")
      throw new SluiceError("denied", "Only a person copies a workspace", {
        hint: "Ask one to run: sluice copy",
      });
    const [from, to] = [namedPlace(input.from, cwd), namedPlace(input.to, cwd)];
    if (from === to)
      throw new SluiceError("invalid", "from and to are the same place", {
        details: { field: "to", value: to },
      });
    const shows = stderr.isTTY && !globals.quiet;
    const tables = await copyPlaces({
      by,
      from,
      to,
      onProgress: (table, rows) => void (shows && stderr.write(`\r\u001b[K${table}: ${rows}`)),
    });
    if (shows) await stderr.write("\r\u001b[K");
    trust(env, to);
    await stdout.write(globals.json ? `${JSON.stringify({ tables })}\n` : report(tables));
    return 0;
  },
});

function report(tables: Awaited<ReturnType<typeof copyPlaces>>): string {
  const filled = tables.filter(({ rows }) => rows > 0);
  const lines = filled.map(
    ({ table, rows, sha256 }) => `${table.padEnd(16)} ${String(rows).padStart(9)}  ${sha256.slice(0, 16)}`,
  );
  return `${lines.join("\n")}\nAll ${tables.length} tables hold the same rows in both places. Leases have ended in the copy.\n`;
}
