/**
 * The fields of an admission beside those of the application's answer. On `node:http` they are added when the head is
 * written: only then is it known what the application has set. It does not make the answer.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { VERDICT_FIELD } from '@countersign/canonical';
import vary from 'vary';

/** They yield: to what the application says of caching, and to the verdict that refuses a body after its admission. */
const YIELDING = new Set(['cache-control', VERDICT_FIELD]);

/** What a field becomes, by its lower-case name, beside one that is there: some yield, `vary` joins it, others replace it. */
export function besideOwn(name: string, own: string | undefined, value: string): string {
  if (own === undefined) return value;
  if (name === 'vary') return vary.append(own, value);
  return YIELDING.has(name) ? own : value;
}

type HeadArguments = [status: number, ...rest: unknown[]];

/** Adds fields, by lower-case name, to an answer whose head is still to be written. */
export function addWithHead(response: ServerResponse, fields: Readonly<Record<string, string>>): void {
  const { writeHead } = response;
  response.writeHead = (...[status, ...rest]: HeadArguments): ServerResponse => {
    const message = typeof rest[0] === 'string' ? [rest[0]] : [];
    const head = byLowerCaseName(rest[message.length]);
    for (const name in fields) {
      const own = head[name] ?? response.getHeader(name);
      head[name] = besideOwn(name, own === undefined ? own : String(own), fields[name] ?? '');
    }
    return Reflect.apply(writeHead, response, [status, ...message, head]);
  };
}

/** A copy of what was given to `writeHead`: an object, a list of names and values in turn, or nothing. */
function byLowerCaseName(given: unknown): OutgoingHttpHeaders {
  const head: OutgoingHttpHeaders = {};
  if (Array.isArray(given)) {
    const list: readonly unknown[] = given.flat();
    for (let i = 0; i + 1 < list.length; i += 2) {
      const name = String(list[i]).toLowerCase();
      head[name] = [head[name] ?? [], list[i + 1]].flat().map(String);
    }
  } else if (typeof given === 'object' && given !== null) {
    for (const [name, value] of Object.entries(given)) head[name.toLowerCase()] = value;
  }
  return head;
}
