/** The body's field: as text, as base64, or a file of this machine, which is read and goes nowhere. */
import { base64OfBytes, bytesOfBase64, textOfBytes } from './canonicalize-draft.js';
import { element } from './canonicalize-elements.js';
import type { MarkedText } from './canonicalize-marks.js';

interface BodyField {
  /** The bytes; `undefined` for base64 that is none. The same array as long as nothing changes. */
  readonly bytes: () => Uint8Array | undefined;
  /** Shows these bytes: as text where they are text. */
  readonly show: (bytes: Uint8Array) => void;
}

/** @param changed called after what is no input of the text area: another kind, another file */
export function bodyField(text: MarkedText, changed: () => void): BodyField {
  const kinds = ['text', 'base64', 'file'] as const;
  const radios = new Map(kinds.map((kind) => [kind, element(`body-${kind}`, HTMLInputElement)]));
  const file = element('file', HTMLInputElement);
  let fileBytes: Uint8Array = new Uint8Array();
  let last: { readonly source: string; readonly bytes: Uint8Array | undefined } | undefined;

  const kind = (): (typeof kinds)[number] => kinds.find((name) => radios.get(name)?.checked) ?? 'text';
  const showKind = (): void => {
    element('body-area', HTMLElement).hidden = kind() === 'file';
    element('file-area', HTMLElement).hidden = kind() !== 'file';
  };
  const bytes = (): Uint8Array | undefined => {
    if (kind() === 'file') return fileBytes;
    const source = `${kind()}:${text.area.value}`;
    if (last?.source !== source) {
      const { value } = text.area;
      last = {
        source,
        bytes: kind() === 'text' ? new TextEncoder().encode(value) : bytesOfBase64(value),
      };
    }
    return last.bytes;
  };
  const choose = (name: (typeof kinds)[number]): void => {
    for (const [each, radio] of radios) radio.checked = each === name;
    showKind();
  };
  const show = (shown: Uint8Array): void => {
    const asText = textOfBytes(shown);
    choose(asText === undefined ? 'base64' : 'text');
    text.area.value = asText ?? base64OfBytes(shown);
    text.mark([]);
  };

  let before = bytes();
  for (const [name, radio] of radios) {
    radio.addEventListener('change', () => {
      // The same bytes in the other notation, where it can hold them.
      if (name !== 'file' && before !== undefined) {
        const asText = name === 'text' ? textOfBytes(before) : undefined;
        text.area.value = asText ?? base64OfBytes(before);
        if (asText === undefined) choose('base64');
        text.mark([]);
      }
      if (name !== 'file' || file.files?.length) before = bytes();
      showKind();
      changed();
    });
  }
  text.area.addEventListener('input', () => {
    before = bytes();
  });
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? [];
    fileBytes = chosen === undefined ? new Uint8Array() : new Uint8Array(await chosen.arrayBuffer());
    before = fileBytes;
    changed();
  });
  return {
    bytes,
    show: (shown) => {
      file.value = '';
      fileBytes = new Uint8Array();
      show(shown);
      before = shown;
    },
  };
}
