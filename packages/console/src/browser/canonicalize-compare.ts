/**
 * The string of another implementation beside the page's own: the first line that differs, why, and which characters.
 * What is said is `explainDifference`'s, or the server's own where its problem document was pasted.
 */
import type { Difference } from '@countersign/canonical';
import { element, make } from './canonicalize-elements.js';
import { differenceFrom, differingSpan, type Other, readOther } from './canonicalize-other.js';

type Shown = Partial<Difference> & { readonly cause: string };

interface Comparison {
  /** Compares with this string, where there is one. Gives the line that differs, counted from 1. */
  readonly compare: (text: string | undefined) => number | undefined;
}

/** @param changed called when another string is pasted, or it is the other side's */
export function comparison(changed: () => void): Comparison {
  const area = element('other', HTMLTextAreaElement);
  const client = element('other-client', HTMLInputElement);
  const server = element('other-server', HTMLInputElement);
  const output = element('difference', HTMLElement);
  for (const input of [area, client, server]) input.addEventListener('input', changed);

  const compare = (text: string | undefined): number | undefined => {
    output.replaceChildren();
    if (area.value.trim() === '') return undefined;
    const otherIs = client.checked ? 'client' : 'server';
    let other: Other;
    try {
      other = readOther(area.value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      output.append(make('p', 'problem', error.message));
      return undefined;
    }
    if ('difference' in other) {
      output.append(...explained(other.difference, ['Client signed', 'Server saw']));
      return other.difference.line;
    }
    if (text === undefined) {
      output.append(make('p', 'soft', 'The request has no canonical string yet.'));
      return undefined;
    }
    const difference = differenceFrom(text, other.text, otherIs);
    if (difference === undefined) {
      output.append(
        make(
          'p',
          'good',
          'Equal. The signature differs, then, because the secret does, or the key is not usable there.',
        ),
        ...other.undone.map((what) =>
          make(
            'p',
            'soft',
            `In what was pasted: ${what}. If that is in the text that is MACed, it is the difference.`,
          ),
        ),
      );
      return undefined;
    }
    const own: [string, string] =
      otherIs === 'server'
        ? ['Client signed (this page)', 'Server saw']
        : ['Client signed', 'Server saw (this page)'];
    output.append(...explained(difference, own));
    return difference.line;
  };
  return { compare };
}

function explained(difference: Shown, [clientLabel, serverLabel]: [string, string]): HTMLElement[] {
  const { line, part, client, server, cause } = difference;
  const where = line === undefined ? [] : [make('strong', '', `Line ${line}, ${part ?? 'unknown'}: `)];
  const paragraph = make('p', 'cause', ...where, `${cause}.`);
  if (line === undefined) return [paragraph];
  const rows = make(
    'dl',
    'sides',
    make('dt', '', clientLabel),
    make('dd', '', side(client, server)),
    make('dt', '', serverLabel),
    make('dd', '', side(server, client)),
  );
  return [paragraph, rows];
}

function side(text: string | undefined, other: string | undefined): HTMLElement {
  if (text === undefined) return make('span', 'soft', 'no such line');
  const { start, end } = differingSpan(text, other ?? '');
  const marked = end > start ? [make('mark', '', text.slice(start, end))] : [];
  return make(
    'code',
    text === '' ? 'text is-empty' : 'text',
    text.slice(0, start),
    ...marked,
    text.slice(end),
  );
}
