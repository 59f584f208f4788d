import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { answered, defineCommandBody } from "#cli/outside-command.ts";
import { refuseAgentShell } from "./find-caller.ts";
import { besideCode } from "./find-workspace.ts";
import { trust } from "./user-settings.ts";

/** Says yes to a workspace that came with a clone. */
export const trustCommand = defineCommandBody({
  input: z.object({}),
  run: async (call) => {
    const { env, cwd } = call.surroundings;
    refuseAgentShell(env, "trust", "trusts a workspace");
    const place = besideCode(cwd);
    if (place === undefined)
      throw new SluiceError("not_found", `There is no .sluice folder in ${cwd} or above it`, {
        hint: "Make a workspace with: sluice init",
      });
    trust(env, place);
    return answered(call, { workspace: { url: place } }, `Trusted ${place}\n`);
  },
});
