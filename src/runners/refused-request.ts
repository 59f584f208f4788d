/** Refusals that are about what was asked, not about who asked or how busy the other side is. */
const REQUEST_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * Whether an API error is the session's own fault: a request refused as such after the API had answered others (a session grown too
 * long). Before any answer it is an account or a model that does not work, and all else is the runner's.
 */
export function isSessionsFault(status: number | undefined, hasAnswered: boolean): boolean {
  return hasAnswered && status !== undefined && REQUEST_FAULTS.has(status);
}
