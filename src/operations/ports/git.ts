/** Git, in domain words. */
export interface GitPort {
  readonly name: "git";
}
