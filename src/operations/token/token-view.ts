import { z } from "zod";
import { ROLES } from "#domain/token/role.ts";
import { isoTime } from "#operations/iso-text.ts";
import { IsoTime } from "#operations/iso-time.ts";
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
