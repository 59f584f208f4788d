/** What a server says it can do. Told before anything else is loaded, so this file imports nothing. */
export function capabilitiesOf({ tellsChanges }: { readonly tellsChanges: boolean }) {
  return { tools: {}, prompts: {}, resources: tellsChanges ? { subscribe: true } : {} };
}

export const SERVER_NAME = "sluice";

/** Revisions that begin with a handshake, newest first. */
export const HANDSHAKE_REVISIONS: readonly string[] = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
  "2024-10-07",
];
