import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { settingViews, SettingView } from "./setting-view.ts";

export const listConfig = defineOperation({
  name: "config.list",
  summary: "List the settings of the workspace.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({}),
  output: z.object({ settings: z.array(SettingView) }),
  errors: [],
  examples: [{ command: "sluice config list", does: "Show the settings" }],
  run: async ({ store }) => ({ settings: settingViews(await store.projects.settings()) }),
});
