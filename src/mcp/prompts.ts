import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";

/** What a person may start an agent with. */
interface Prompt {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
  }[];
  readonly text: (given: Readonly<Record<string, string>>) => string;
}

const END =
  "Then end it with exactly one of finish, block, ask or release. Refusing with what you found is a good result.";

const WORK =
  "Read its brief. Check first that it still makes sense in the code as it is now, and that its premises hold. Set a plan with plan_set, work, commit on the current branch, and note what the next one must know.";

const REF = { name: "ref", description: "Item to work on; default the next ready one", required: false };

const PROMPTS: readonly Prompt[] = [
  {
    name: "work",
    description: "Do one item from claim to finish",
    arguments: [REF],
    text: ({ ref }) =>
      `${ref === undefined ? "Claim the next item" : `Claim the item ${JSON.stringify(ref)}`}. ${WORK} ${END}`,
  },
  {
    name: "drain",
    description: "Do items until none is left",
    arguments: [],
    text: () =>
      `Claim the next item. ${WORK} ${END} Then claim the next one, until nothing is ready. File what you find beside your task with propose; do not do it.`,
  },
  {
    name: "stand_by",
    description: "Wait for work, do it, and wait again",
    arguments: [],
    text: () =>
      `Call wait with a long timeout. When something is ready, claim it. ${WORK} ${END} Then wait again. When wait ends in vain, call it again.`,
  },
];

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
