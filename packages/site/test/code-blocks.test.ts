/** What a reader copies works: TypeScript compiles, JSON parses, commands and their flags exist. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { checkedPages } from '../dist/checked-pages.js';
import { modulesOf } from '../dist/code-blocks.js';
import { compileBlocks } from '../dist/compile-blocks.js';
import { partsOf } from '../dist/markdown.js';
import { REPOSITORY_ROOT } from '../dist/repository.js';
import { commandsOf, type ShellCommand } from '../dist/shell-commands.js';

// A compiler on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const pages = checkedPages();
const textOf = (page: string): string => readFileSync(`${REPOSITORY_ROOT}/${page}`, 'utf8');

describe('the code blocks of all pages', () => {
  it('compile, strictly, against the packages as they are built', () => {
    const { errors, pages: withCode } = compileBlocks(pages);
    expect(errors).toEqual([]);
    expect(withCode).toBeGreaterThan(20);
  });

  it('are told by page and line when they do not', () => {
    const wrong = [
      '# A page',
      '',
      '```ts',
      'const a = 1;',
      '```',
      '',
      '```ts',
      'const b: string = a;',
      '```',
      '',
    ];
    const { errors } = compileBlocks(['docs/guide/hono.md'], () => wrong.join('\n'));
    expect(errors).toEqual([expect.stringMatching(/^docs\/guide\/hono\.md:8: TS2322: /)]);
  });

  it('parse, where they are JSON', () => {
    const broken = pages.flatMap((page) =>
      partsOf(textOf(page)).flatMap((part) => {
        if (!('language' in part) || part.language !== 'json') return [];
        try {
          JSON.parse(part.text);
          return [];
        } catch (error) {
          return [`${page}:${part.line}: ${error}`];
        }
      }),
    );
    expect(broken).toEqual([]);
  });

  it('name only commands, scripts, files and flags that there are', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const page of pages) {
      for (const command of commandsOf(textOf(page))) {
        count++;
        const complaint = await complaintAbout(command);
        if (complaint !== undefined) wrong.push(`${page}:${command.line}: ${complaint}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });

  it('are checked by something that finds a wrong flag, script and file', async () => {
    const page =
      '```sh\nnpm run tests\nnode examples/hono/dist/none.js\n```\n\n```console\n$ countersign sign --no-such\n```\n';
    const complaints = await Promise.all(commandsOf(page).map(complaintAbout));
    expect(complaints).toEqual([
      'no script tests',
      'no file examples/hono/dist/none.js',
      'countersign sign has no --no-such',
    ]);
  });
});

describe('blocks of a page', () => {
  it('go on from one another, may declare a name anew, and share their imports', () => {
    const page =
      "```ts\nimport { a } from 'x';\nconst v = a;\n```\n\n```ts\nimport { a, b } from 'x';\nconst v = b;\n```\n";
    expect(modulesOf(page).map(({ text }) => text)).toEqual([
      "import { a } from 'x';\nimport { b } from 'x';\n{\n\nconst v = a;\n\n{\n\nconst v = b;\n\n}}\nexport {};",
    ]);
  });

  it('begin a new module where a name comes from elsewhere', () => {
    const page = "```ts\nimport { a } from 'x';\n```\n\n```ts\nimport { a } from 'y';\n```\n";
    expect(modulesOf(page)).toHaveLength(2);
  });

  it('have what a comment holds for them', () => {
    const page = '<!-- ts:\ndeclare const hidden: number;\n-->\n\n```ts\nhidden;\n```\n';
    const [module] = modulesOf(page);
    expect(module?.text).toContain('declare const hidden: number;\n\n{\nhidden;');
    expect(module?.lines[module.text.split('\n').indexOf('hidden;')]).toBe(6);
  });
});

/** Of commander's `Command`. */
interface Command {
  readonly options: readonly {
    readonly long?: string;
    readonly short?: string;
    readonly required: boolean;
  }[];
}

async function complaintAbout({ program, words }: ShellCommand): Promise<string | undefined> {
  const [name = '', argument = ''] = words;
  if (program === 'npm run') {
    const { scripts } = JSON.parse(textOf('package.json'));
    if (scripts[name] === undefined) return `no script ${name}`;
    const known =
      name !== 'example' ||
      argument === '' ||
      argument === '<name>' ||
      existsSync(`${REPOSITORY_ROOT}/examples/${argument}`);
    return known ? undefined : `no example ${argument}`;
  }
  if (program === 'node') {
    if (!/^(packages|examples|scripts)\//.test(name)) return undefined;
    const source = name.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
    return existsSync(`${REPOSITORY_ROOT}/${source}`) ? undefined : `no file ${name}`;
  }
  if (name.startsWith('-'))
    return ['--help', '--version'].includes(name) ? undefined : `countersign has no ${name}`;
  if (name === '<command>') return undefined;
  const path = `${REPOSITORY_ROOT}/packages/cli/dist/commands/${name}.js`;
  if (!existsSync(path)) return `no command ${name}`;
  const command: Command = (await import(path))[`${name}Command`](
    { write: () => {}, writeError: () => {} },
    () => {},
  );
  const wrong = words.slice(1).filter((word) => /^-[-A-Za-z]/.test(word) && !knows(command, word));
  return wrong.length === 0 ? undefined : `countersign ${name} has no ${wrong.join(', ')}`;
}

/** Long options with or without their value; short ones, of which several may stand in a word. */
function knows({ options }: Command, word: string): boolean {
  if (word.startsWith('--'))
    return word === '--help' || options.some(({ long }) => long === word.replace(/=.*$/, ''));
  const first = options.find(({ short }) => short === word.slice(0, 2));
  if (first === undefined) return word === '-h';
  return first.required || word.length === 2 || knows({ options }, `-${word.slice(2)}`);
}
