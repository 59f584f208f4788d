import {
  backoffMs,
  MAX_ATTEMPTS,
  MAX_GIVEN_BACK,
  MAX_CHECK_LOSSES,
  MAX_LOSSES,
  OUTCOMES,
  type Outcome,
} from "#domain/run/outcome.ts";
import type { Item } from "./item.ts";

/** What an ended run does to its item's counters, and whether the item must now be looked into by a person. */
interface RunEffect {
  readonly tried: number;
  readonly attempts: number;
  readonly losses: number;
  readonly notBefore: number | null;
  /** Set when the item is to be parked, with the reason. */
  readonly park?: string;
}

const TAMPERED = "The run changed what it may not change in the repository";
const KILLED = `Its check ended with its worker ${MAX_CHECK_LOSSES} times`;

/** @param random in [0, 1), for the jitter of the back-off */
export function runEffect(item: Item, outcome: Outcome, now: number, random: number): RunEffect {
  const same = {
    tried: item.tried + 1,
    attempts: item.attempts,
    losses: item.losses,
    notBefore: item.notBefore,
  };
  switch (OUTCOMES[outcome]) {
    case "free":
    case "fault":
      return same;
    case "tamper":
      return { ...same, park: outcome === "worker_killed" ? KILLED : TAMPERED };
    case "loss":
    case "clash": {
      const losses = item.losses + 1;
      const mayFollow = losses < MAX_LOSSES;
      if (OUTCOMES[outcome] === "loss")
        return mayFollow ? { ...same, losses } : { ...same, losses, park: lost(losses) };
      const notBefore = losses > 1 ? now + backoffMs(losses - 1, random) : item.notBefore;
      return mayFollow ? { ...same, losses, notBefore } : { ...same, losses, park: clashed(losses) };
    }
    case "attempt": {
      const attempts = item.attempts + 1;
      const notBefore = now + backoffMs(attempts, random);
      return attempts < MAX_ATTEMPTS
        ? { ...same, attempts, notBefore }
        : { ...same, attempts, park: `${attempts} attempts failed, the last one with ${outcome}` };
    }
  }
}

/**
 * What follows when an agent that a worker started gives its item back, for the n-th time in a row: a wait as after an attempt, or the
 * reason why it is parked.
 * @param times 0 where it costs nothing
 * @param random in [0, 1), for the jitter of the back-off
 */
export function givenBackEffect(
  item: Item,
  times: number,
  now: number,
  random: number,
): Pick<RunEffect, "notBefore" | "park"> {
  if (times === 0) return { notBefore: item.notBefore };
  const notBefore = now + backoffMs(times, random);
  return times < MAX_GIVEN_BACK
    ? { notBefore }
    : { notBefore, park: `${times} agents in a row gave it back without a result; their notes say why` };
}

const lost = (losses: number): string => `${losses} runs were lost: the item may end whatever works on it`;
const clashed = (losses: number): string =>
  `${losses} runs came to nothing, the last one in a conflict with the target`;
