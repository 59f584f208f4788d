import { z } from "zod";
import { SETTING_KEYS, type Settings } from "#operations/ports/store/project-store.ts";

export const SettingView = z.object({ key: z.string(), value: z.string() });
export const SettingKeyField = z.enum(SETTING_KEYS).describe("Name of the setting");

/** Settings that have a value, by name. */
export function settingViews(settings: Settings): z.input<typeof SettingView>[] {
  return SETTING_KEYS.flatMap((key) => {
    const value = settings[key];
    return value === undefined ? [] : [{ key, value }];
  });
}
