import { z } from "zod";
import { ROLES } from "#domain/caller.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import type { Token } from "#operations/ports/store/token-store.ts";

/** A token without its secret. */
export const TokenView = z.object({
  id: z.int(),
  actor: z.string(),
  role: z.enum(ROLES),
  /** Aliases of the only projects it reaches; absent = the whole workspace. */
  projects: z.array(z.string()).optional(),
  created_at: IsoTime,
  created_by: z.string(),
  expires_at: IsoTime.optional(),
  revoked_at: IsoTime.optional(),
  /** Known to the minute. */
  last_used_at: IsoTime.optional(),
});

export function tokenView(token: Token): z.input<typeof TokenView> {
  const { id, actor, role, projects, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt } = token;
  const time = (at: number | null) => (at === null ? undefined : isoTime(at));
  return {
    id,
    actor,
    role,
    projects: projects === null ? undefined : [...projects],
    created_at: isoTime(createdAt),
    created_by: createdBy,
    expires_at: time(expiresAt),
    revoked_at: time(revokedAt),
    last_used_at: time(lastUsedAt),
  };
}

export const listTokens = defineOperation({
  name: "token.list",
  summary: "List the valid tokens with role, scope and last use.",
  effect: "read",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    all: z.boolean().default(false).describe("Also those that expired or were revoked"),
    ...PAGE_FIELDS,
  }),
  output: z.object({ tokens: z.array(TokenView), page: PageView }),
  errors: [],
  examples: [
    { command: "sluice token list", does: "See who has access" },
    { command: "sluice token list --all", does: "See also expired and revoked tokens" },
  ],
  run: async ({ store }, input) => {
    const page = await store.tokens.list({ all: input.all, page: pageRequest(input) });
    return { tokens: page.items.map(tokenView), page: pageView(page) };
  },
});

export const revokeToken = defineOperation({
  name: "token.revoke",
  summary: "Revoke a token.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({ token: z.int().min(1).describe("Number of the token") }),
  output: z.object({ token: TokenView }),
  errors: ["not_found"],
  positional: ["token"],
  examples: [{ command: "sluice token revoke 3", does: "Refuse its bearer from the next call on" }],
  run: async ({ store, caller }, { token }) => ({
    token: tokenView(await store.tokens.revoke({ by: caller, id: token })),
  }),
});
