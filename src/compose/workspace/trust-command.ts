import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { answered, defineCommandBody } from "#cli/outside-command.ts";
import { safeLine } from "#cli/present/fit.ts";
import type { SettingChange } from "#operations/ports/git.ts";
import { localPerson, provenPerson } from "#compose/find-caller.ts";
import { besideCode } from "#compose/find-workspace.ts";
import { machineParts } from "#compose/machine-parts.ts";
import { hostName } from "#compose/places.ts";
import { trust } from "#compose/user-settings.ts";

/** Says yes to a workspace that came with a clone, and to what changed in a repository's settings that could run a program. */
export const trustCommand = defineCommandBody({
  input: z.object({
    path: z.string().default(".").describe("Folder of the workspace or repository"),
    dryRun: z.boolean().default(false).describe("Only show what would be trusted"),
  }),
  positional: ["path"],
  run: async (call, { path, dryRun }) => {
    const { env, cwd } = call.surroundings;
    const allow = dryRun ? localPerson : provenPerson;
    await allow(call, "trust", "trusts a workspace or a repository");
    const folder = resolve(cwd, path);
    if (!existsSync(folder)) throw new SluiceError("not_found", `There is no folder ${folder}`);
    const place = besideCode(folder);
    const git = await machineParts(call.surroundings, hostName(env)).git();
    const [repository] = await git.places({ folders: [folder] });
    if (place === undefined && repository === undefined)
      throw new SluiceError("not_found", `There is no .sluice folder and no repository around ${folder}`, {
        hint: "Make a workspace with: sluice init",
      });
    if (place !== undefined && !dryRun) trust(env, place);
    const repo = repository?.commonDir;
    const ask = dryRun ? git.untrusted : git.trust;
    const settings = repo === undefined ? [] : await ask({ repo });
    const answer = {
      trusted: !dryRun,
      ...(place === undefined ? {} : { workspace: { url: place } }),
      ...(repo === undefined ? {} : { repository: { path: repo, settings } }),
    };
    const said = dryRun ? "Would trust" : "Trusted";
    const lines = [...(place === undefined ? [] : [place]), ...(repo === undefined ? [] : [repo])].map(
      (one) => `${said} ${safeLine(one)}\n`,
    );
    return answered(call, answer, [...lines, ...settings.map(changeLine)].join(""));
  },
});

function changeLine({ name, before, after }: SettingChange): string {
  const change =
    before === undefined
      ? `is new: ${after ?? ""}`
      : after === undefined
        ? `was removed: ${before}`
        : `${before} → ${after}`;
  return `  ${safeLine(`${name} ${change}`)}\n`;
}
