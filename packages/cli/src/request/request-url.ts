/** The URL of a request, as people type it. What goes over the wire is its path and query as `URL` writes them. */
import { UsageError } from '../terminal/usage-error.js';

/**
 * Reads a URL; without a scheme it is taken for `http://`, as curl does.
 *
 * @throws UsageError for what is no http(s) URL, and for one with a user name, which would need the Authorization field
 */
export function requestUrl(text: string): URL {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (text === '' || !URL.canParse(absolute)) throw new UsageError(`${JSON.stringify(text)} is not a URL`);
  const url = new URL(absolute);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(`${url.protocol.slice(0, -1)} is not supported: give an http or https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'the URL holds a user name: the signature takes its place; what a gateway wants goes by -H',
    );
  }
  url.hash = '';
  return url;
}
