import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { ROLES } from "#domain/caller.ts";
import { sha256 } from "#domain/text/sha256.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Store } from "#operations/ports/store.ts";
import { tokenView, TokenView } from "./issued-tokens.ts";

/** 256 bits: nobody guesses one, so that a fast hash of it is as good as a slow one. */
const SECRET_BYTES = 32;

/** Tells people, and programs that look for leaked secrets, what it is. */
const PREFIX = "slc_";

/** A new secret of a token. @param randomBytes unpredictable bytes, as many as asked for */
const newSecret = (randomBytes: (count: number) => Uint8Array): string =>
  `${PREFIX}${randomBytes(SECRET_BYTES).toBase64({ alphabet: "base64url", omitPadding: true })}`;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A quarter: what nobody renews is not needed any more. */
const DEFAULT_LIFETIME_MS = 90 * DAY_MS;
const MAX_LIFETIME_MS = 3_650 * DAY_MS;

export const createToken = defineOperation({
  name: "token.create",
  summary: "Create a token that authenticates a caller from another machine.",
  description:
    "The answer shows the secret once: it is not stored, and a repeated call under an idempotency key answers without it. " +
    "viewer reads, agent works, operator decides, admin also changes settings. A program's token is for a viewer or an agent.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  shownOnce: ["secret"],
  input: z.strictObject({
    as: z.string().max(80).describe("Actor of its bearer, kind:name; nothing the bearer sends changes it"),
    role: z.enum(ROLES).describe("What the bearer may do"),
    projects: z
      .array(z.string().max(64))
      .min(1)
      .max(100)
      .optional()
      .describe("Limit it to this project; default the whole workspace"),
    expires: z
      .int()
      .min(MINUTE_MS)
      .max(MAX_LIFETIME_MS)
      .default(DEFAULT_LIFETIME_MS)
      .describe("How long it is valid, 1m to 3650d")
      .meta({ cli: "duration" }),
  }),
  output: z.object({ token: TokenView, secret: z.string().optional() }),
  errors: ["not_found"],
  examples: [
    { command: "sluice token create --as ai:codex --role agent", does: "Let an agent work from elsewhere" },
    {
      command: "sluice token create --as human:eve --role operator --project app --expires 30d",
      does: "Let a colleague decide in one project for a month",
    },
  ],
  run: async ({ store, caller, randomBytes }, { as, role, projects, expires }) => {
    const secret = newSecret(randomBytes);
    const token = await store.tokens.create({
      by: caller,
      actor: parseActor(as),
      role,
      hash: await sha256(secret),
      projectIds: projects === undefined ? undefined : await idsOf(store, projects),
      lifetimeMs: expires,
    });
    return { token: tokenView(token), secret };
  },
});

async function idsOf({ projects }: Store, aliases: readonly string[]): Promise<readonly number[]> {
  const ids = new Set<number>();
  for (const alias of aliases) ids.add((await projects.get({ alias })).id);
  return [...ids];
}
