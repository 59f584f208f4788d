import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineOperation } from "#operations/operation.ts";
import { SettingKeyField, settingViews, SettingView } from "./setting-view.ts";

export const getConfig = defineOperation({
  name: "config.get",
  summary: "Show one setting of the workspace.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({ key: SettingKeyField }),
  output: z.object({ setting: SettingView }),
  errors: ["not_found"],
  positional: ["key"],
  examples: [{ command: "sluice config get prefix", does: "Show what refs begin with" }],
  run: async ({ store }, { key }) => {
    const setting = settingViews(await store.projects.settings()).find((one) => one.key === key);
    if (setting !== undefined) return { setting };
    throw new SluiceError("not_found", `The setting ${key} has no value`, {
      hint: `Set it: sluice config set ${key} VALUE`,
      details: { key },
    });
  },
});
