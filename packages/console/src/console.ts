/**
 * The console as a Hono app: two pages, the feed of verdicts and the scenarios. It has no login of its own and shows
 * what operators see: mount it behind yours.
 */
import { createHash } from 'node:crypto';
import type { VerdictEvent } from '@countersign/server';
import { Hono } from 'hono';
import { csrf } from 'hono/csrf';
import { secureHeaders } from 'hono/secure-headers';
import { eventStreams } from './events.js';
import { createFeed } from './feed.js';
import { IMPORT_MAP_TEXT, pages } from './pages.js';
import type { Scenario } from './scenario.js';
import { scenarioRoutes } from './scenarios.js';

/** Options of `createConsole`. */
export interface ConsoleOptions {
  /** What can be fired by a button. Default: nothing. */
  readonly scenarios?: readonly Scenario[];
  /** Unix time in milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
}

/** A console: what to mount, and what to give to the verifier. */
export interface Console {
  /** Mount it with `app.route('/console', console.app)`, or serve it alone. All addresses in the pages are relative. */
  readonly app: Hono;
  /** For `createVerifier`, of one verifier or several. Takes constant time and does no I/O. */
  readonly onVerdict: (event: VerdictEvent) => void;
  /** Ends open event streams and running scenarios. Nothing else keeps a process alive. */
  readonly close: () => void;
}

/**
 * Makes a console. It remembers the verdicts of the last three minutes, in bounded memory, of this process only.
 *
 * @throws RangeError when a scenario's id is not 1 to 64 of `a-z 0-9 -`, or stands twice
 */
export function createConsole({ scenarios = [], now = Date.now }: ConsoleOptions = {}): Console {
  const feed = createFeed(now);
  const events = eventStreams(feed, now);
  const closing = new AbortController();
  const app = new Hono();

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", importMapSource()],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ["'none'"],
      },
      xFrameOptions: 'DENY',
      // That is for the whole host, so it is not the console's to decide.
      strictTransportSecurity: false,
    }),
  );
  app.use(csrf());
  app.get('/events', events.handle);
  app.route('/scenarios', scenarioRoutes(scenarios, closing.signal));
  app.route('/', pages());

  return {
    app,
    onVerdict: feed.observe,
    close: () => {
      events.close();
      closing.abort();
    },
  };
}

/** The import map is the one inline script; it is allowed by its hash. */
function importMapSource(): string {
  return `'sha256-${createHash('sha256').update(IMPORT_MAP_TEXT).digest('base64')}'`;
}
