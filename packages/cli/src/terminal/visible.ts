/** Text that somebody else may have written, made fit for one line of a terminal: it can neither break it nor steer it. */

/** Control characters as JSON writes them. */
export function visible(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => {
    const escaped = JSON.stringify(char).slice(1, -1);
    return escaped === char ? `\\u00${char.charCodeAt(0).toString(16).padStart(2, '0')}` : escaped;
  });
}
