/**
 * What a package exports, read from what it would publish: for each entry point the names of its compiled declarations,
 * types marked, compared with the values that are there at run time. It reads `dist`, so compile first. It knows the
 * forms of export that index files here have, and throws at any other.
 */
import { readFileSync } from 'node:fs';

/** Entry point to its exported names: values in order, then types in order, as `type Name`. */
type ExportedNames = Record<string, readonly string[]>;

/** What a test of the names says when they differ. */
export const NAMES_CHANGED: string =
  'The public names have changed. If that is meant, write them into this list and add a changeset (npx changeset) that ' +
  'says so; a name that goes is a breaking change, and the pages that show it change with it. If not, export less.';

interface Manifest {
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
}

/** @param folder the URL of the package's folder, with a slash at the end */
export async function exportedNames(folder: URL): Promise<ExportedNames> {
  const { exports }: Manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const names: ExportedNames = {};
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === 'string') {
      names[entry] = [];
      continue;
    }
    const declared = declaredNames(readFileSync(new URL(target.types, folder), 'utf8'));
    const values = Object.keys(await import(new URL(target.default, folder).href));
    const promised = declared.filter((name) => !name.startsWith('type '));
    if (values.sort().join() !== promised.join())
      throw new Error(`${entry} declares ${promised.join(', ')}; there are ${values.join(', ')}`);
    names[entry] = declared;
  }
  return names;
}

function declaredNames(declarations: string): string[] {
  const names: string[] = [];
  for (const [statement] of declarations.matchAll(/^export [^;{=(<]*(\{[^}]*\})?/gm)) {
    const list = /^export (type )?\{([^}]*)\}/.exec(statement);
    const value = /^export declare (?:const|function|class|abstract class) (\w+)/.exec(statement);
    const type = /^export (?:declare )?(?:type|interface) (\w+)/.exec(statement);
    if (list !== null) names.push(...listedNames(list[2] ?? '', list[1] ?? ''));
    else if (value !== null) names.push(value[1] ?? '');
    else if (type !== null) names.push(`type ${type[1]}`);
    else throw new Error(`a form of export that is not read here: ${statement}`);
  }
  const isType = (name: string): boolean => name.startsWith('type ');
  const sorted = [...new Set(names)].sort();
  return [...sorted.filter((name) => !isType(name)), ...sorted.filter(isType)];
}

/** The names of `{ a, type B, c as d }`, or of `type { A, B }`. */
function listedNames(list: string, kind: string): string[] {
  const entries = list.split(',').map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== '')
    .map((entry) => {
      const name = entry.replace(/^type /, '').replace(/^\w+ as /, '');
      return kind !== '' || entry.startsWith('type ') ? `type ${name}` : name;
    });
}
