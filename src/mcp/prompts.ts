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

export const PROMPTS: readonly Prompt[] = [
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
