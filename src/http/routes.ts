/** What a path takes, and the pattern it is known by. */
export interface RouteTable {
  /** The pattern of the path's route, `/api/v1/submissions/:id`; `-` where there is none. Few, whatever callers send. */
  labelOf(path: string): string;
  /** The methods the path takes, HEAD with GET; empty where there is nothing. */
  methodsOf(path: string): string[];
  /**
   * Whether the router would give this to the route of a pattern, although its path is spelled out and takes other
   * methods: `GET /things/many` is not `GET /things/:id`.
   */
  strays(method: string, path: string): boolean;
}

export interface Route {
  method: string;
  path: string;
}

/** Finds paths as the router does: one that is spelled out before one with a parameter, and a slash at the end is nothing. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  // Paths without a parameter are most of the traffic: they are their own pattern.
  const fixed = new Set(routes.map(({ path }) => path).filter((path) => !path.includes(':')));
  const patterns = [...new Set(routes.map(({ path }) => path))]
    .filter((path) => !fixed.has(path))
    .map((path) => ({ path, matches: pathMatcher(path) }));
  // Every pattern begins with a word: a path is held against those that share it, of which forms have few.
  const byFirst = Map.groupBy(patterns, ({ path }) => firstOf(path));
  const methods = new Map<string, string[]>();
  for (const { method, path } of routes) methods.set(path, withMethod(methods.get(path) ?? [], method.toUpperCase()));

  const between = new Set([...fixed].filter((path) => patterns.some(({ matches }) => matches(path))));
  const bareOf = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

  function find(path: string): string | undefined {
    if (fixed.has(path)) return path;
    const bare = bareOf(path);
    return fixed.has(bare) ? bare : byFirst.get(firstOf(bare))?.find(({ matches }) => matches(bare))?.path;
  }

  return {
    labelOf: (path) => find(path) ?? '-',
    methodsOf: (path) => methods.get(find(path) ?? '') ?? [],
    strays: (method, path) => between.has(bareOf(path)) && methods.get(bareOf(path))?.includes(method) === false,
  };
}

/** `/f` of `/f/abc/thanks`. */
function firstOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path : path.slice(0, end);
}

function withMethod(known: readonly string[], method: string): string[] {
  return [...new Set([...known, method, ...(method === 'GET' ? ['HEAD'] : [])])];
}

function pathMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[a-z_]+/gi, '[^/]+');
  const expression = new RegExp(`^${source}$`);
  return (path) => expression.test(path);
}
