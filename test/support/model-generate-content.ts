import { z } from "zod";
import { eventStream, type ModelProtocol, type ModelTurn, newId, TURN_USAGE } from "./model-turn.ts";

const Request = z.object({
  contents: z.array(z.object({ role: z.string().optional() })).default([]),
  tools: z.array(z.object({ functionDeclarations: z.array(z.unknown()).default([]) })).default([]),
});

/** Gemini's generateContent, as a stream or whole. */
export const generateContentProtocol: ModelProtocol = (path, body) => {
  const [, model = "", verb] = /\/models\/([^:/]+):(\w+)$/.exec(path) ?? [];
  if (verb !== "streamGenerateContent" && verb !== "generateContent") return undefined;
  const { contents, tools } = Request.parse(body);
  return {
    turn: contents.filter(({ role }) => role === "model").length,
    isSideCall: tools.every(({ functionDeclarations }) => functionDeclarations.length === 0),
    say: (turn) => {
      const answer = answerOf(model, turn);
      return verb === "generateContent" ? Response.json(answer) : eventStream([answer]);
    },
  };
};

function answerOf(modelVersion: string, { text, tools = [] }: ModelTurn) {
  const calls = tools.map(({ name, input }) => ({ functionCall: { id: newId("call"), name, args: input } }));
  const parts = [...(text === undefined ? [] : [{ text }]), ...calls];
  return {
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }],
    usageMetadata: {
      promptTokenCount: TURN_USAGE.input + TURN_USAGE.cacheRead,
      cachedContentTokenCount: TURN_USAGE.cacheRead,
      candidatesTokenCount: TURN_USAGE.output,
      totalTokenCount: TURN_USAGE.input + TURN_USAGE.cacheRead + TURN_USAGE.output,
    },
    modelVersion,
    responseId: newId("r"),
  };
}
