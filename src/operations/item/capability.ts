import { z } from "zod";

/** What an item may need and a runner may have: 1 to 64 small letters, digits, dots, underscores and hyphens, `gpu`. */
export const Capability = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);

/** Far more than a runner has. */
export const MOST_CAPABILITIES = 50;
