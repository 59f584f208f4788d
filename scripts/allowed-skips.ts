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
];
