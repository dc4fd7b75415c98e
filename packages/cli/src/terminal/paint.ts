/** Colour, only where somebody looks. */
import { styleText } from 'node:util';
import type { Terminal } from './terminal.js';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export function painter({ colour }: Pick<Terminal, 'colour'>): Paint {
  // Whether there is to be colour was decided before; `styleText` must not ask the stream again.
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}
