interface TimeLimits {
  readonly timeoutMs: number;
  /** Longest silence. */
  readonly stallMs: number;
  /** How long an announced exit may take. */
  readonly lingerMs: number;
  /** Called once, with the limit that was reached first. */
  readonly onLimit: (kind: "timed_out" | "stalled" | "lingered") => void;
}

interface TimeWatch {
  readonly activity: () => void;
  /** From here on silence is not a fault, but the exit must follow within `lingerMs`. */
  readonly expectExit: () => void;
  /** The announced exit is called off: as before. */
  readonly resume: () => void;
  readonly clear: () => void;
}

/** The longest a timer can wait: 2^31 − 1 ms, 24.8 days; past it JavaScript timers fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** A timer so late says that this process was stopped (SIGSTOP, a paused machine) and not merely busy. */
const LATE_MS = 1_000;

/** Watches one run's age and silence on the monotonic clock, so that a changed wall clock ends no run. */
export function watchTime(limits: TimeLimits): TimeWatch {
  let lastActivity = performance.now();
  let stallTimer: Timer | undefined;
  let dueAt = lastActivity;
  const overall = after(limits.timeoutMs, () => reached("timed_out"));
  let linger: Timer | undefined;

  const clear = (): void => [overall, stallTimer, linger].forEach((timer) => clearTimeout(timer));
  const reached = (kind: "timed_out" | "stalled" | "lingered"): void => {
    clear();
    limits.onLimit(kind);
  };
  // The timer is not set anew with each chunk, of which there can be many thousands: it looks when it fires.
  const armStall = (): void => {
    const now = performance.now();
    // Stopped ourselves, we may not have read yet what came meanwhile.
    if (now - dueAt > LATE_MS) lastActivity = now;
    const left = limits.stallMs - (now - lastActivity);
    if (left <= 0) return reached("stalled");
    const delay = Math.min(Math.ceil(left), LONGEST_TIMER_MS);
    dueAt = now + delay;
    stallTimer = setTimeout(armStall, delay);
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
      dueAt = performance.now();
      armStall();
    },
    clear,
  };
}

type Timer = ReturnType<typeof setTimeout>;

function after(delayMs: number, action: () => void): Timer {
  return setTimeout(action, Math.min(Math.ceil(delayMs), LONGEST_TIMER_MS));
}
