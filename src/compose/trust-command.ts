import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineCommandBody } from "#cli/outside-command.ts";
import { agentShell } from "./agent-shell.ts";
import { besideCode } from "./find-workspace.ts";
import { trust } from "./user-settings.ts";

/** Says yes to a workspace that came with a clone. */
export const trustCommand = defineCommandBody({
  input: z.object({}),
  run: async ({ surroundings, globals }) => {
    const { env, cwd, stdout } = surroundings;
    if (agentShell(env) !== undefined) throw new SluiceError("denied", "Only a person trusts a workspace");
    const place = besideCode(cwd);
    if (place === undefined)
      throw new SluiceError("not_found", `There is no .sluice folder in ${cwd} or above it`, {
        hint: "Make a workspace with: sluice init",
      });
    trust(env, place);
    await stdout.write(
      globals.json ? `${JSON.stringify({ workspace: { url: place } })}\n` : `Trusted ${place}\n`,
    );
    return 0;
  },
});
