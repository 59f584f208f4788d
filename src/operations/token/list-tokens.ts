import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { tokenView, TokenView } from "./token-view.ts";

export const listTokens = defineOperation({
  name: "token.list",
  summary: "List the tokens that are accepted, with role, scope and last use.",
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
    { command: "sluice token list", does: "See who may come in" },
    { command: "sluice token list --all", does: "See also who no longer may" },
  ],
  run: async ({ store }, input) => {
    const page = await store.tokens.list({ all: input.all, page: pageRequest(input) });
    return { tokens: page.items.map(tokenView), page: pageView(page) };
  },
});
