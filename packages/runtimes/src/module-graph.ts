/**
 * The modules that a file imports, all of them, as a runtime with given conditions resolves them. esbuild resolves and
 * tells; what it bundles is thrown away, and every module is run as it is published.
 */
import { relative } from 'node:path';
import { build } from 'esbuild';

export interface GraphModule {
  /** Relative to the root of the graph. */
  readonly path: string;
  readonly format: 'esm' | 'cjs';
  readonly imports: readonly { readonly specifier: string; readonly path: string }[];
}

/** @param conditions of package exports and imports, besides `import` and `default` */
export async function moduleGraph(
  root: string,
  entry: string,
  conditions: readonly string[],
): Promise<GraphModule[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [relative(root, entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs).map(([path, { imports, format }]) => ({
    path,
    format: format === 'cjs' ? 'cjs' : 'esm',
    imports: imports.flatMap(({ original, path: target, external }) =>
      original === undefined || external === true ? [] : [{ specifier: original, path: target }],
    ),
  }));
}

/** Whether a specifier is resolved by packages, and not by the path of a file. */
export function isBare(specifier: string): boolean {
  return !/^(?:\.{0,2}\/|[a-z]+:)/.test(specifier);
}
