import type { ToolsetName } from "./toolset-name.ts";

const WORK =
  "check that the brief still holds, plan_set, work and commit, then exactly one of finish, block, ask or release. Refusing with what you found is a good result. Name a write with `once` to repeat it safely.";

const LOOP = `Sluice is the backlog of this repository. Loop: claim, ${WORK}`;

const OTHER_WORK = "Found other work? propose it, do not do it.";
const IDLE = `When nothing is ready, wait. ${OTHER_WORK}`;

const IN_A_RUN = `Sluice is the backlog of this repository, and gave you an item: ${WORK} Its lease is known; leave \`lease\` out. ${OTHER_WORK}`;

const INSTRUCTIONS = `${LOOP} The lease that claim answers belongs to this session; give \`lease\` only if you hold several. ${IDLE}`;

/** The same, where nothing outlives a call. */
export const INSTRUCTIONS_WITHOUT_SESSION = `${LOOP} Give the \`lease\` that claim answers to every call, and heartbeat in long work. ${IDLE}`;

/** What a client tells its model beside the tools, where a connection outlives its calls. */
export const instructionsFor = (toolset: ToolsetName): string =>
  toolset === "run" ? IN_A_RUN : INSTRUCTIONS;
