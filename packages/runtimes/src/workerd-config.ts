/**
 * A configuration of workerd that takes every module as it is published. Nothing is bundled: workerd resolves a bare
 * specifier beside the module that imports it, and there stands a module of one line that leads to the package's file.
 */
import { posix } from 'node:path';
import { type GraphModule, isBare } from './module-graph.js';

/** What a Worker of today is started with; no `nodejs_compat`. */
export const COMPATIBILITY_DATE = '2026-11-01';

export function workerdConfig(root: string, graph: readonly GraphModule[], entry: string): string {
  const [main, ...others] = [
    ...graph.filter(({ path }) => path === entry),
    ...graph.filter(({ path }) => path !== entry),
  ];
  if (main === undefined) throw new Error(`${entry} is not in the graph`);
  const modules = [main, ...others].map(({ path, format }) => {
    const kind = format === 'cjs' ? 'commonJsModule' : 'esModule';
    return `(name = ${text(path)}, ${kind} = embed ${text(posix.join(root, path))})`;
  });
  const links = [...linksOf(graph)].map(
    ([name, source]) => `(name = ${text(name)}, esModule = ${text(source)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "suite", worker = (
      compatibilityDate = ${text(COMPATIBILITY_DATE)},
      globalOutbound = "loopback",
      durableObjectNamespaces = [(className = "Api", uniqueKey = "api", preventEviction = true)],
      durableObjectStorage = (inMemory = void),
      bindings = [(name = "API", durableObjectNamespace = "Api")],
      modules = [
        ${[...modules, ...links].join(',\n        ')}
      ],
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "suite")],
);
`;
}

/** By name: two modules in one folder share one. */
function linksOf(graph: readonly GraphModule[]): ReadonlyMap<string, string> {
  const formats = new Map(graph.map(({ path, format }) => [path, format]));
  const links = new Map<string, string>();
  for (const { path, imports } of graph) {
    for (const { specifier, path: target } of imports.filter((found) => isBare(found.specifier))) {
      const what = formats.get(target) === 'cjs' ? '{ default }' : '*';
      const link = `export ${what} from ${JSON.stringify(`/${target}`)};`;
      links.set(posix.join(posix.dirname(path), specifier), link);
    }
  }
  return links;
}

/** A text in Cap'n Proto, which escapes as JSON does. */
function text(value: string): string {
  return JSON.stringify(value);
}
