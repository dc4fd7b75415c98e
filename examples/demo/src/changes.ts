/** What can be done to a request on its way: each function gives the change, to be applied to a signed request. */
import { fieldOf } from './answer.js';
import type { RawRequest } from './wire.js';

export type Change = (request: RawRequest) => RawRequest;
/** A new text, or one made of the old. */
export type Rewrite = string | ((text: string) => string);

export function method(text: string): Change {
  return (request) => ({ ...request, method: text });
}

export function target(rewrite: Rewrite): Change {
  return (request) => ({ ...request, target: rewritten(request.target, rewrite) });
}

/** Changes a field line that is there. */
export function field(name: string, rewrite: Rewrite): Change {
  return (request) => {
    const headers = request.headers.map(([each, value]): readonly [string, string] =>
      each.toLowerCase() === name ? [each, rewritten(value, rewrite)] : [each, value],
    );
    return { ...request, headers };
  };
}

export function without(name: string): Change {
  return (request) => ({
    ...request,
    headers: request.headers.filter(([each]) => each.toLowerCase() !== name),
  });
}

/** Adds a field line behind all others. */
export function added(name: string, value: string): Change {
  return (request) => ({ ...request, headers: [...request.headers, [name, value]] });
}

/** Adds a field line that is there once more. */
export function repeated(name: string): Change {
  return (request) => added(name, fieldOf(request, name) ?? '')(request);
}

/** Changes a parameter of the signature. */
export function parameter(name: string, rewrite: Rewrite): Change {
  const value = new RegExp(`(?<=\\b${name}=")[^"]*`);
  return field('authorization', (text) => text.replace(value, (old) => rewritten(old, rewrite)));
}

/** Another body, with its length announced. */
export function body(text: string): Change {
  const bytes = Buffer.from(text);
  return (request) => ({ ...field('content-length', String(bytes.length))(request), body: bytes });
}

/** The second change done to what the first has made. */
export function both(first: Change, second: Change): Change {
  return (request) => second(first(request));
}

function rewritten(text: string, rewrite: Rewrite): string {
  return typeof rewrite === 'string' ? rewrite : rewrite(text);
}
