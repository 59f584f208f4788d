/** `agent` is the loop, `run` what of it is for whoever has an item already, `operator` what is around the loop, `all` all of it. */
export const TOOLSETS = ["agent", "run", "operator", "all"] as const;
export type ToolsetName = (typeof TOOLSETS)[number];

/** The set that is offered where none is asked for: whoever was started with a lease has an item. */
export function defaultToolset(lease: string | undefined): ToolsetName {
  return lease === undefined ? "agent" : "run";
}
