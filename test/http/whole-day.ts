import { REGISTRY, type OperationName } from "#operations/registry.ts";

const BY_TOOL = new Map<string, string>(
  Object.keys(REGISTRY).map((name) => [name.replaceAll(".", "_"), name]),
);

/** The operation that a tool stands for. */
export function operationOf(tool: string): OperationName {
  const name = BY_TOOL.get(tool);
  if (name === undefined || !isOperation(name)) throw new Error(`${tool} is no operation`);
  return name;
}

const isOperation = (name: string): name is OperationName => Object.hasOwn(REGISTRY, name);

/** A value without what two workspaces cannot have in common: times, ids, folders, secrets. */
export function timeless(value: unknown): unknown {
  const seen: unknown = JSON.parse(
    (JSON.stringify(value) ?? "null")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replaceAll(',"last_used_at":"TIME"', "")
      .replaceAll(/"(id|uid)":"[\w-]{20,}"/g, '"id":"ID"')
      .replaceAll(/"(root|root_commit|sha256)":"\w+"/g, '"root":"ROOT"')
      .replaceAll(/slc_[\w-]+/g, "slc_SECRET")
      .replaceAll(/\/[^" ]*sluice-(git|cli)-\w+/g, "DIR")
      .replaceAll(/L[\w-]{22}\b/g, "LEASE")
      .replaceAll(/[0-9a-f]{40}/g, "COMMIT")
      .replaceAll(/"(oldest_ms|waited_ms|next_in_ms|age_ms)":\d+/g, '"$1":0'),
  );
  return seen;
}
