/**
 * The TypeScript of a page as modules that compile. Blocks of a page go on from one another: their imports are put
 * together at the top, and each block stands in the scope of the one before, so it sees its names and may declare them
 * anew. A block that imports a name again from elsewhere begins a new module. `<!-- ts: … -->` holds what a reader need
 * not see: it stands at the top of the module that the next block belongs to. It compiles nothing.
 */
import { partsOf } from './markdown.js';

/** A module, and for each of its lines the line of the page that it comes from; 0: none. */
export interface PageModule {
  readonly text: string;
  readonly lines: readonly number[];
}

interface Line {
  readonly text: string;
  readonly from: number;
}

interface Draft {
  /** What is imported, by local name: the module that it comes from. */
  readonly imported: Map<string, string>;
  readonly top: Line[];
  readonly blocks: Line[][];
}

const IMPORT = /^import\s(?:type\s)?(?:([\s\S]*?)\sfrom\s)?'([^']+)';$/;
const HIDDEN = /^\s*ts:/;

/** The modules of a page; none where it has no TypeScript. */
export function modulesOf(markdown: string): PageModule[] {
  const drafts: Draft[] = [];
  let draft: Draft | undefined;
  let hidden: Line[] = [];
  for (const part of partsOf(markdown)) {
    if ('comment' in part) {
      if (HIDDEN.test(part.comment)) hidden.push(...linesOf(part.comment.replace(HIDDEN, ''), part.line));
      continue;
    }
    if (part.language !== 'ts') continue;
    const { imports, rest } = takeImports(linesOf(part.text, part.line));
    const context = takeImports(hidden);
    hidden = [];
    const all = [...context.imports, ...imports];
    if (draft === undefined || all.some((one) => clashes(draft as Draft, one))) {
      draft = { imported: new Map(), top: [], blocks: [] };
      drafts.push(draft);
    }
    for (const one of all) addImport(draft, one);
    draft.top.push(...context.rest);
    draft.blocks.push(rest);
  }
  return drafts.map(write);
}

function linesOf(text: string, first: number): Line[] {
  return text.split('\n').map((line, at) => ({ text: line, from: first + at }));
}

/** Parts the imports at the beginnings of lines from what is left; an import may take several lines. */
function takeImports(lines: readonly Line[]): { imports: Line[]; rest: Line[] } {
  const imports: Line[] = [];
  const rest: Line[] = [];
  let open: Line | undefined;
  for (const line of lines) {
    if (open === undefined && !/^import\b(?!\()/.test(line.text.trimStart())) {
      // A page shows what a module exports; inside of a scope nothing can be.
      rest.push({
        ...line,
        text: line.text.replace(/^export default /, 'void ').replace(/^export (?=\w)/, ''),
      });
      continue;
    }
    const text: string = open === undefined ? line.text.trim() : `${open.text} ${line.text.trim()}`;
    open = { text, from: open?.from ?? line.from };
    // What stands behind the semicolon is a comment, or code on the same line.
    const end = text.search(/';/);
    if (end < 0) continue;
    imports.push({ text: text.slice(0, end + 2), from: open.from });
    rest.push({ text: text.slice(end + 2), from: line.from });
    open = undefined;
  }
  return { imports, rest };
}

function clashes(draft: Draft, { text }: Line): boolean {
  const { names, from } = readImport(text);
  return names.some(({ local }) => draft.imported.has(local) && draft.imported.get(local) !== from);
}

/** Adds what is not imported yet. */
function addImport(draft: Draft, line: Line): void {
  const { names, from } = readImport(line.text);
  const fresh = names.filter(({ local }) => !draft.imported.has(local));
  for (const { local } of fresh) draft.imported.set(local, from);
  if (names.length === 0) draft.top.push(line);
  for (const { written } of fresh)
    draft.top.push({ text: `import ${written} from '${from}';`, from: line.from });
}

/** The names that an import brings, each as it would be written alone. */
function readImport(text: string): { names: { local: string; written: string }[]; from: string } {
  const [, clause = '', from = ''] = IMPORT.exec(text) ?? [];
  const isType = /^import\s+type\s/.test(text) ? 'type ' : '';
  const [, plain = '', , braced = ''] = /^([^{]*?)(,\s*)?(?:\{([\s\S]*)\})?$/.exec(clause.trim()) ?? [];
  const one = (written: string, local: string): { local: string; written: string } => ({ local, written });
  const names =
    plain.trim() === '' ? [] : [one(`${isType}${plain.trim()}`, plain.replace(/^\*\s+as\s+/, '').trim())];
  for (const specifier of braced.split(',').map((name) => name.trim())) {
    if (specifier === '') continue;
    names.push(one(`{ ${isType}${specifier} }`, specifier.replace(/^type\s+/, '').replace(/^.*\sas\s/, '')));
  }
  return { names, from };
}

function write({ top, blocks }: Draft): PageModule {
  const scope = (text: string): Line => ({ text, from: 0 });
  const all = [
    ...top,
    ...blocks.flatMap((block) => [scope('{'), ...block]),
    scope('}'.repeat(blocks.length)),
    scope('export {};'),
  ];
  return { text: all.map(({ text }) => text).join('\n'), lines: all.map(({ from }) => from) };
}
