export interface KnownCallersOptions<Caller> {
  /** Whether what proved a caller still does. */
  readonly isKnown: (caller: Caller) => Promise<boolean>;
  /** Between two looks, while something is open. */
  readonly checkEveryMs: number;
  /** Told why a look failed; what is open stays open until the next. */
  readonly report: (error: unknown) => void;
}

/** Ends what is open for a caller once the caller is known no more. */
export interface KnownCallers<Caller> {
  /** @returns to be called when it ended by itself */
  readonly whileKnown: (caller: Caller, end: () => void) => () => void;
}

interface Open<Caller> {
  readonly caller: Caller;
  readonly end: () => void;
}

export function knownCallers<Caller>(options: KnownCallersOptions<Caller>): KnownCallers<Caller> {
  const all = new Set<Open<Caller>>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function check(one: Open<Caller>): Promise<void> {
    if ((await options.isKnown(one.caller)) || !all.delete(one)) return;
    one.end();
  }

  async function look(): Promise<void> {
    await Promise.all([...all].map(check)).catch(options.report);
    timer = all.size === 0 ? undefined : next();
  }
  const next = () => setTimeout(() => void look(), options.checkEveryMs);

  return {
    whileKnown: (caller, end) => {
      const one = { caller, end };
      all.add(one);
      timer ??= next();
      return () => void all.delete(one);
    },
  };
}
