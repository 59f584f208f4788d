/** What a client tells its model beside the tools. */
export const INSTRUCTIONS = [
  "Sluice is the backlog of this repository. Loop: claim, check that the brief still holds, plan_set, work and commit, then exactly one of",
  "finish, block, ask or release. Refusing with what you found is a good result. The lease that claim answers belongs to this session;",
  "give `lease` only if you hold several. When nothing is ready, wait. Found other work? propose it, do not do it.",
].join(" ");
