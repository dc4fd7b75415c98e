/** The fields of an admission on a Fetch `Response`. It makes no answer of its own. */
import { besideOwn } from './head-fields.js';

/** Switching protocols: the runtime knows its own object, and no copy of it. */
const SWITCHING = 101;

/** The response with the fields of an admission; what the application has set itself stays. */
export function withAdmittedFields(response: Response, fields: Readonly<Record<string, string>>): Response {
  try {
    addFields(response.headers, fields);
    return response;
  } catch (error) {
    if (response.status === SWITCHING) return response;
    if (!(error instanceof TypeError)) throw error;
    // What `fetch` and `Response.redirect` return cannot be changed.
    const copy = new Response(response.body, response);
    addFields(copy.headers, fields);
    return copy;
  }
}

function addFields(headers: Headers, fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    headers.set(name, besideOwn(name, headers.get(name) ?? undefined, value));
  }
}
