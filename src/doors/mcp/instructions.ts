const LOOP = [
  "Sluice is the backlog of this repository. Loop: claim, check that the brief still holds, plan_set, work and commit, then exactly one of",
  "finish, block, ask or release. Refusing with what you found is a good result. Name a write with `once` to repeat it safely.",
].join(" ");

const IDLE = "When nothing is ready, wait. Found other work? propose it, do not do it.";

/** What a client tells its model beside the tools. */
export const INSTRUCTIONS = `${LOOP} The lease that claim answers belongs to this session; give \`lease\` only if you hold several. ${IDLE}`;

/** The same, where nothing outlives a call. */
export const INSTRUCTIONS_WITHOUT_SESSION = `${LOOP} Give the \`lease\` that claim answers to every call, and heartbeat in long work. ${IDLE}`;
