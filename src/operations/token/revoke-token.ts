import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { tokenView, TokenView } from "./token-view.ts";

export const revokeToken = defineOperation({
  name: "token.revoke",
  summary: "Accept a token no longer.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({ token: z.int().min(1).describe("Number of the token") }),
  output: z.object({ token: TokenView }),
  errors: ["not_found"],
  positional: ["token"],
  examples: [{ command: "sluice token revoke 3", does: "Lock its bearer out from the next call on" }],
  run: async ({ store, caller }, { token }) => ({
    token: tokenView(await store.tokens.revoke({ by: caller, id: token })),
  }),
});
