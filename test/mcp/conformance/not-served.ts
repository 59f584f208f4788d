const TASKS = "Sluice has no tasks of the protocol: `wait` and items do what they would";

/** Scenarios of the official suite that fail, each with its reason. No revision requires them. */
export const NOT_SERVED: Readonly<Record<string, string>> = {
  "tasks-lifecycle": TASKS,
  "tasks-capability-negotiation": TASKS,
  "tasks-wire-fields": TASKS,
  "tasks-request-state-removal": TASKS,
  "tasks-mrtr-input": TASKS,
  "tasks-request-headers": TASKS,
  "tasks-dispatch-and-envelope": TASKS,
  "tasks-required-task-error": TASKS,
  "tasks-mrtr-composition": TASKS,
  "http-custom-header-server-validation": "No tool of Sluice asks for one of its arguments in a header",
};
