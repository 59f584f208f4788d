/** When a landing that only a person can free is looked at again. */
export const HUMAN_PAUSE_MS = 5 * 60_000;
