import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
  type InputRequests,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { clientCapabilities } from "./client-capabilities.ts";
import { answer, text } from "./fixture-content.ts";
import type { FixtureTool } from "./fixture-tools.ts";

const codec = createRequestStateCodec<string>({ key: "a key of the fixtures, as long as one must be" });

const form = (message: string, field: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [field]: { type: "string" } }, required: [field] },
  });
const sampled = (prompt: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: text(prompt) }], maxTokens });

const NAME = { user_name: form("What is your name?", "name") };
const CONFIRM = {
  confirm: inputRequired.elicit({
    message: "Please confirm",
    requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  }),
};
const CAPITAL = { capital_question: sampled("What is the capital of France?", 100) };
const ROOTS = { client_roots: inputRequired.listRoots() };
const ALL = { ...NAME, greeting: sampled("Generate a greeting", 50), ...ROOTS };

/** Tools that end a call with what they need, and are called again with it, as revision 2026-07-28 has it. */
export const INPUT_REQUIRED_TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_input_required_result_elicitation: asks(
    NAME,
    (context) => `Hello, ${field(context, "user_name", "name")}!`,
  ),
  test_streaming_elicitation: asks(NAME, () => "Asked"),
  test_input_required_result_sampling: asks(CAPITAL, () => "The model has answered"),
  test_input_required_result_list_roots: asks(ROOTS, ({ mcpReq }) =>
    JSON.stringify(inputResponse(mcpReq.inputResponses, "client_roots")),
  ),
  test_input_required_result_request_state: asks(CONFIRM, () => "state-ok", "asked"),
  test_input_required_result_tampered_state: asks(CONFIRM, () => "Untouched", "asked"),
  test_input_required_result_multiple_inputs: asks(ALL, () => "All is there", "asked"),
  test_input_required_result_multi_round: { description: "Asks twice", run: (_, context) => twice(context) },
  test_input_required_result_capabilities: {
    description: "Asks what the client can answer",
    run: (_, context) => {
      const can = clientCapabilities(context);
      const inputRequests = {
        ...(can?.elicitation === undefined ? {} : NAME),
        ...(can?.sampling === undefined ? {} : CAPITAL),
      };
      return inputRequired({ inputRequests });
    },
  },
};

/** What the prompt of the same kind asks for. */
export const PROMPT_INPUT = { user_context: form("What context should the prompt use?", "context") };

/** Asks until all is answered; what it gives out to be brought back is signed. */
function asks(
  inputRequests: InputRequests,
  done: (context: ServerContext) => string,
  state?: string,
): FixtureTool {
  return {
    description: "Asks, and is called again with the answers",
    run: async (_, context) => {
      const brought = await broughtState(context);
      const isAnswered = Object.keys(inputRequests).every((key) => isThere(context, key));
      if (isAnswered && brought === state) return answer(text(done(context)));
      return inputRequired({
        inputRequests,
        ...(state === undefined ? {} : { requestState: await codec.mint(state) }),
      });
    },
  };
}

async function twice(context: ServerContext) {
  const brought = await broughtState(context);
  if (brought === "second" && isThere(context, "step2")) return answer(text("Both steps are done"));
  if (brought === "first" && isThere(context, "step1"))
    return inputRequired({
      inputRequests: { step2: form("Step 2: What is your favorite color?", "color") },
      requestState: await codec.mint("second"),
    });
  return inputRequired({
    inputRequests: { step1: form("Step 1: What is your name?", "name") },
    requestState: await codec.mint("first"),
  });
}

async function broughtState(context: ServerContext): Promise<string | undefined> {
  const state = context.mcpReq.requestState<string>();
  if (state === undefined) return undefined;
  try {
    return await codec.verify(state, context);
  } catch {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, "The state is not as it was given out");
  }
}

export function isThere({ mcpReq }: ServerContext, key: string): boolean {
  const response = inputResponse(mcpReq.inputResponses, key);
  return response.kind === "elicit" ? response.content !== undefined : response.kind !== "missing";
}

const field = ({ mcpReq }: ServerContext, key: string, name: string): string =>
  String(acceptedContent(mcpReq.inputResponses, key)?.[name]);
