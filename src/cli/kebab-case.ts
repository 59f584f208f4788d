/** `blockedBy` and `blocked_by` are `blocked-by`; a leading underscore stays. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/(?<=[A-Za-z0-9])_/g, "-")
    .toLowerCase();
}
