/** What is in a Markdown file, by markdown-it: links, headings, code blocks, with the lines on which they stand. */
import markdownIt, { type Token } from 'markdown-it';
import { slug } from './links.js';

const parser = markdownIt({ html: true });

/** A fenced block of code. */
export interface CodeBlock {
  /** The word after the fence, such as `ts`. */
  readonly language: string;
  readonly text: string;
  /** The line of the file on which the text begins, counted from 1. */
  readonly line: number;
}

/** Comments that stand outside of paragraphs, and blocks, in their order. */
export type Part = CodeBlock | { readonly comment: string; readonly line: number };

/** The code blocks and the comments of a page. */
export function partsOf(markdown: string): Part[] {
  return parser.parse(markdown, {}).flatMap((token): Part[] => {
    const start = token.map?.[0] ?? 0;
    if (token.type === 'fence') {
      return [{ language: token.info.trim().split(/\s/)[0] ?? '', text: token.content, line: start + 2 }];
    }
    const comment =
      token.type === 'html_block' ? /^\s*<!--([\s\S]*)-->\s*$/.exec(token.content)?.[1] : undefined;
    return comment === undefined ? [] : [{ comment, line: start + 1 }];
  });
}

/** Links and images, with the line of the paragraph in which they stand. */
export function linksOf(markdown: string): { href: string; line: number }[] {
  return parser.parse(markdown, {}).flatMap(({ children, map }) =>
    (children ?? []).flatMap((token) => {
      const href =
        token.type === 'link_open'
          ? token.attrGet('href')
          : token.type === 'image'
            ? token.attrGet('src')
            : null;
      return href === null ? [] : [{ href: String(href), line: (map?.[0] ?? 0) + 1 }];
    }),
  );
}

/** The anchors of a page's headings, and of elements that it names itself. */
export function anchorsOf(markdown: string): Set<string> {
  const tokens = parser.parse(markdown, {});
  const anchors = new Set([...markdown.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id));
  for (const [at, token] of tokens.entries()) {
    if (token.type !== 'heading_open') continue;
    const name = slug(textOf(tokens[at + 1]));
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function textOf(token: Token | undefined): string {
  return (token?.children ?? [])
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');
}
