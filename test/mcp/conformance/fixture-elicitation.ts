import type { ElicitRequestFormParams } from "@modelcontextprotocol/server";
import { answer, text } from "./fixture-content.ts";
import type { FixtureTool } from "./fixture-tools.ts";

type Asked = ElicitRequestFormParams["requestedSchema"];

const NAMED = ["First", "Second", "Third"];
const OPTIONS = ["option1", "option2", "option3"];
const titled = (noun: string) =>
  NAMED.map((one, at) => ({ const: `value${at + 1}`, title: `${one} ${noun}` }));

const DEFAULTS: Asked = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const ENUMS: Asked = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: OPTIONS },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: OPTIONS } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
  },
};

const USER: Asked = {
  type: "object",
  properties: {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  },
  required: ["username", "email"],
};

/** Tools that ask the client's person something while they run, which revisions up to 2025-11-25 allow. */
export const ELICITATION_TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_elicitation: asking("User response: ", USER, ["message"]),
  test_elicitation_sep1034_defaults: asking("Elicitation completed: ", DEFAULTS),
  test_elicitation_sep1330_enums: asking("Elicitation completed: ", ENUMS),
};

function asking(prefix: string, requestedSchema: Asked, takes: readonly string[] = []): FixtureTool {
  return {
    description: "Asks the person",
    takes,
    run: async ({ message = "Please answer" }, { mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({ message: String(message), requestedSchema });
      return answer(text(`${prefix}action=${action}, content=${JSON.stringify(content ?? {})}`));
    },
  };
}
