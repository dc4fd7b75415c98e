/** The elements of the page: found by id, or an error that names it; made with text, never with markup. */

/** The element of this id and kind. @throws TypeError where the page has none */
export function element<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`the page has no ${kind.name} #${id}`);
}

/** A button of the page and what it does. */
export function onPress(id: string, press: () => void): void {
  element(id, HTMLButtonElement).addEventListener('click', press);
}

/** A new element with this class and these contents. */
export function make(tag: string, className: string, ...contents: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...contents);
  return made;
}

/** Shows a text, or hides the element where there is none. */
export function showText(target: HTMLElement, text: string | undefined): void {
  target.textContent = text ?? '';
  target.hidden = text === undefined;
}
