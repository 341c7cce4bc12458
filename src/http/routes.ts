/** What a path takes, and the pattern it is known by. */
export interface RouteTable {
  /** The pattern of the path's route, `/api/v1/submissions/:id`; `-` where there is none. Few, whatever callers send. */
  labelOf(path: string): string;
  /** The methods the path takes; empty where there is nothing. */
  methodsOf(path: string): string[];
}

export function createRouteTable(routes: readonly { method: string; path: string }[]): RouteTable {
  const known = routes.map(({ method, path }) => ({ method: method.toUpperCase(), path, matches: pathMatcher(path) }));
  // Paths without a parameter are most of the traffic: they are their own pattern.
  const fixed = new Set(routes.map(({ path }) => path).filter((path) => !path.includes(':')));
  return {
    labelOf: (path) => (fixed.has(path) ? path : (known.find(({ matches }) => matches(path))?.path ?? '-')),
    methodsOf: (path) => [...new Set(known.filter(({ matches }) => matches(path)).map(({ method }) => method))],
  };
}

function pathMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[a-z_]+/gi, '[^/]+');
  const expression = new RegExp(`^${source}$`);
  return (path) => expression.test(path);
}
