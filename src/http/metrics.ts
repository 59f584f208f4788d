/** Upper bounds of the durations that are counted, seconds. */
const BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30] as const;

/** How often, by the values of the labels, a line each. */
type Counts = Map<string, number>;

/** Counters in the text format of Prometheus (0.0.4). */
export interface Metrics {
  /** @param route with `{field}` as written, so that the number of series is bounded */
  readonly answered: (request: { method: string; route: string; status: number; ms: number }) => void;
  readonly refused: (code: string) => void;
  /** @param gauges values of this moment, by name */
  readonly text: (gauges: Readonly<Record<string, number>>) => string;
}

export function createMetrics(): Metrics {
  const answers = new Map<string, number>();
  const refusals = new Map<string, number>();
  const buckets: number[] = BUCKETS_S.map(() => 0);
  let [count, sum] = [0, 0];
  const add = (counts: Counts, ...values: readonly string[]) => {
    const key = values.join("\n");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    answered: ({ method, route, status, ms }) => {
      add(answers, method, route, String(status));
      const seconds = ms / 1_000;
      BUCKETS_S.forEach((bound, at) => {
        if (seconds <= bound) buckets[at] = (buckets[at] ?? 0) + 1;
      });
      count += 1;
      sum += seconds;
    },
    refused: (code) => add(refusals, code),
    text: (gauges) =>
      [
        ...series(
          "sluice_http_requests_total",
          "counter",
          "Requests answered",
          labelled(answers, ["method", "route", "status"]),
        ),
        ...series(
          "sluice_http_refusals_total",
          "counter",
          "Requests refused, by code",
          labelled(refusals, ["code"]),
        ),
        ...histogram(buckets, count, sum),
        ...Object.entries(gauges).flatMap(([name, value]) =>
          series(`sluice_${name}`, "gauge", name.replaceAll("_", " "), new Map([["", value]])),
        ),
        "",
      ].join("\n"),
  };
}

function histogram(buckets: readonly number[], count: number, sum: number): readonly string[] {
  const name = "sluice_http_request_seconds";
  return [
    `# HELP ${name} How long an answer took`,
    `# TYPE ${name} histogram`,
    ...BUCKETS_S.map((bound, at) => `${name}_bucket{le="${bound}"} ${buckets[at] ?? 0}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ];
}

function series(
  name: string,
  type: "counter" | "gauge",
  help: string,
  values: ReadonlyMap<string, number>,
): readonly string[] {
  const lines = [...values].map(([labels, value]) => `${name}${labels} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

/** The same counts by labels as Prometheus reads them. */
function labelled(counts: Counts, names: readonly string[]): Counts {
  const textOf = (values: readonly string[]) =>
    values.map((value, at) => `${names[at]}=${JSON.stringify(value)}`).join(",");
  return new Map([...counts].map(([key, count]) => [`{${textOf(key.split("\n"))}}`, count]));
}
