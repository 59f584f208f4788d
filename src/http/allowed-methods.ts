/** A method and a path with `{field}` as written. */
export interface KnownRoute {
  readonly method: string;
  readonly path: string;
}

/** The methods that are answered at a path, sorted; none where nothing is there. What answers `GET` answers `HEAD`. */
export function allowedMethods(routes: readonly KnownRoute[], path: string): readonly string[] {
  const given = path.split("/");
  const methods = routes.filter((route) => matches(route.path.split("/"), given)).map(({ method }) => method);
  return [
    ...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))),
  ].toSorted();
}

const matches = (parts: readonly string[], given: readonly string[]): boolean =>
  parts.length === given.length &&
  parts.every((part, at) => (part.startsWith("{") ? given[at] !== "" : part === given[at]));
