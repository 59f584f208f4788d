interface AllowedSkip {
  /** Id of the rule at the beginning of the test's title. */
  readonly rule: string;
  /** What the machine lacks that no installation could give it. */
  readonly why: string;
}

/** Tests that may be skipped without failing the run. Whatever could be installed is not a reason. */
export const ALLOWED_SKIPS: readonly AllowedSkip[] = [
  { rule: "HO1", why: "only root, and not in every container, makes network namespaces" },
  { rule: "HO2", why: "only root, and not in every container, makes network namespaces" },
  ...[
    "RN82",
    "RN83",
    "RN84",
    "RN85",
    "RN86",
    "RN87",
    "RN89",
    "TH19",
    "WK70",
    "WK71",
    "WK72",
    "WK74",
    "WK76",
  ].map((rule) => ({
    rule,
    why: "not every container or system lets bubblewrap make its namespaces",
  })),
];
