import { z } from "zod";
import { formatActor, parseActor } from "#domain/actor.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { parsePrefix } from "#domain/ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Context } from "#operations/context.ts";
import {
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  WORKSPACE_AUTHORITIES,
} from "#operations/ports/store/project-store.ts";

const SettingView = z.object({ key: z.string(), value: z.string() });
const SettingKeyField = z.enum(SETTING_KEYS).describe("Name of the setting");

/** Settings that have a value, by name. */
function settingViews(settings: Settings): z.input<typeof SettingView>[] {
  return SETTING_KEYS.flatMap((key) => {
    const value = settings[key];
    return value === undefined ? [] : [{ key, value }];
  });
}

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

/** The store says what it may be. */
const asGiven = (value: string): string => value;

/** How each setting reads its value. */
const READ = {
  prefix: parsePrefix,
  authority: (value) => {
    if (WORKSPACE_AUTHORITIES.some((one) => one === value)) return value;
    throw invalidField("value", value, WORKSPACE_AUTHORITIES.join(", "));
  },
  actor: (value) => formatActor(parseActor(value)),
  fast_forward: asGiven,
  day_tokens: asGiven,
  day_usd: asGiven,
  day_minutes: asGiven,
} as const satisfies Record<SettingKey, (value: string) => string>;

export const setConfig = defineOperation({
  name: "config.set",
  summary: "Change a setting of the workspace.",
  description:
    "`prefix` is what refs begin with (old ones stay valid), `authority` is open, strict or confirmed, `actor` is the default actor. `fast_forward` is yes or no: whether a checkout of a target moves along when work lands, unless its project or repository says otherwise. `day_tokens`, `day_usd` and `day_minutes` limit what all runs spend on one UTC day; 0 removes the limit. `confirmed` asks at a terminal for a new passphrase, or takes a key of OpenSSH; what only a person may do then asks for it each time.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    key: SettingKeyField,
    value: z.string().max(200).describe("New value"),
    publicKey: z
      .string()
      .max(2_000)
      .optional()
      .meta({ cli: "file", flag: "public-key" })
      .describe(
        "With authority confirmed: file of the public key that proves a person, instead of a passphrase",
      ),
  }),
  output: z.object({ settings: z.array(SettingView) }),
  errors: ["conflict"],
  positional: ["key", "value"],
  examples: [
    { command: "sluice config set day_usd 50", does: "Start no run once 50 dollars are spent today" },
    { command: "sluice config set authority strict", does: "Require a terminal or a token for decisions" },
    { command: "sluice config set authority confirmed", does: "Require a passphrase each time" },
    {
      command: "sluice config set authority confirmed --public-key ~/.ssh/id_ed25519_sk.pub",
      does: "Require a touch of a security key each time",
    },
  ],
  run: async (context, { key, value: given, publicKey }) => {
    const { store, caller } = context;
    const value = READ[key](given);
    const isConfirmed = key === "authority" && value === "confirmed";
    if (publicKey !== undefined && !isConfirmed)
      throw invalidField("publicKey", `${key} ${value}`, "a public key for authority confirmed alone");
    const proof = isConfirmed ? await chosenProof(context, publicKey) : undefined;
    return { settings: settingViews(await store.projects.setSetting({ by: caller, key, value, proof })) };
  },
});

/** Only whoever sits at a terminal can give the proof later, and no server asks for one. */
async function chosenProof({ caller, proof }: Context, publicKey: string | undefined): Promise<string> {
  if (proof !== undefined && (caller.auth === "tty" || caller.auth === "confirmed"))
    return await (await proof()).choose(publicKey);
  throw new SluiceError("denied", "The proof of a workspace is chosen by a person at a terminal", {
    hint: "Run it at a terminal of your own, on the workspace itself and not at a server",
    details: { needed: "a person at a terminal" },
  });
}
