import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { PROMPTS } from "./prompts.ts";

/** Offers the ways to start the loop. */
export function servePrompts(server: Server): void {
  server.setRequestHandler("prompts/list", () => ({
    prompts: PROMPTS.map(({ name, description, arguments: given }) => ({
      name,
      description,
      ...(given.length === 0 ? {} : { arguments: given.map((one) => ({ ...one })) }),
    })),
  }));
  server.setRequestHandler("prompts/get", ({ params }) => {
    const prompt = PROMPTS.find(({ name }) => name === params.name);
    if (prompt === undefined)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is no prompt ${JSON.stringify(params.name.slice(0, 80))}; there are ${PROMPTS.map(({ name }) => name).join(", ")}`,
      );
    const text = prompt.text(params.arguments ?? {});
    return {
      description: prompt.description,
      messages: [{ role: "user", content: { type: "text", text } }],
    };
  });
}
