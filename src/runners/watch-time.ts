export interface TimeLimits {
  readonly timeoutMs: number;
  /** Longest silence. */
  readonly stallMs: number;
  /** How long an announced exit may take. */
  readonly lingerMs: number;
  /** Called once, with the limit that was reached first. */
  readonly onLimit: (kind: "timed_out" | "stalled" | "lingered") => void;
}

export interface TimeWatch {
  readonly activity: () => void;
  /** From here on silence is no fault, but the exit must follow within `lingerMs`. */
  readonly expectExit: () => void;
  /** The announced exit is called off: as before. */
  readonly resume: () => void;
  readonly clear: () => void;
}

/** The longest a timer can wait: 2^31 − 1 ms, 24.8 days; past it JavaScript timers fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Watches one run's age and silence on the monotonic clock, so that a changed wall clock ends no run. */
export function watchTime(limits: TimeLimits): TimeWatch {
  let lastActivity = performance.now();
  let stallTimer: Timer | undefined;
  const overall = after(limits.timeoutMs, () => reached("timed_out"));
  let linger: Timer | undefined;

  const clear = (): void => [overall, stallTimer, linger].forEach((timer) => clearTimeout(timer));
  const reached = (kind: "timed_out" | "stalled" | "lingered"): void => {
    clear();
    limits.onLimit(kind);
  };
  // The timer is not set anew with each chunk, of which there can be many thousands: it looks when it fires.
  const armStall = (): void => {
    const left = limits.stallMs - (performance.now() - lastActivity);
    stallTimer = left <= 0 ? undefined : after(left, armStall);
    if (left <= 0) reached("stalled");
  };
  armStall();
  return {
    activity: () => {
      lastActivity = performance.now();
    },
    expectExit: () => {
      clearTimeout(stallTimer);
      linger ??= after(limits.lingerMs, () => reached("lingered"));
    },
    resume: () => {
      if (linger === undefined) return;
      clearTimeout(linger);
      linger = undefined;
      armStall();
    },
    clear,
  };
}

type Timer = ReturnType<typeof setTimeout>;

function after(delayMs: number, action: () => void): Timer {
  return setTimeout(action, Math.min(Math.ceil(delayMs), LONGEST_TIMER_MS));
}
