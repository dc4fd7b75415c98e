/**
 * The TypeScript of a page as modules. A block goes on from the ones before it on the page, unless it imports or
 * declares a name that they have already: then it begins anew.
 */
const FENCE = /^```ts\n([\s\S]*?)^```$/gm;
const IMPORT = /^import (?:type )?(?:(\w+)(?:, )?)?(?:\* as (\w+) )?(?:\{([^}]*)\} )?from /gm;
const DECLARATION = /^(?:export )?(?:async )?(?:const|let|function|class|interface|type) (\w+|\{[^}]*\})/gm;

/** The ```ts blocks of a page, in order. */
export function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(FENCE)].map(([, code]) => code ?? '');
}

/** The blocks of a page put together to modules. */
export function modulesOf(markdown: string): string[] {
  const modules: { code: string; names: Set<string> }[] = [];
  for (const code of codeBlocks(markdown)) {
    const names = namesOf(code);
    const current = modules.at(-1);
    if (current === undefined || names.some((name) => current.names.has(name)))
      modules.push({ code, names: new Set(names) });
    else {
      current.code += `\n${code}`;
      for (const name of names) current.names.add(name);
    }
  }
  // Without an import or export it would be a script, and share its names with others.
  return modules.map(({ code }) => `${code}\nexport {};\n`);
}

function namesOf(code: string): string[] {
  const imported = [...code.matchAll(IMPORT)].flatMap(([, whole, space, list]) => [
    whole ?? space ?? [],
    ...(list ?? '').split(','),
  ]);
  const declared = [...code.matchAll(DECLARATION)].flatMap(([, name]) => (name ?? '').split(','));
  return [...imported.flat(), ...declared]
    .map((name) =>
      name
        .replace(/[{}]|^\s*type /g, '')
        .replace(/^.*( as |:)/, '')
        .trim(),
    )
    .filter((name) => name !== '');
}
