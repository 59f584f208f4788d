import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";

const Envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({
    sampling: z.json().optional(),
    elicitation: z.json().optional(),
  }),
});

/** What the client of a request without a session says it can do. */
export const clientCapabilities = ({ mcpReq }: ServerContext) =>
  Envelope.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY];
