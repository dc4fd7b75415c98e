// A browser that calls a signed API of another origin: preflights and exposed fields.
import { startChromium } from './chromium.js';
import { startShow } from './show.js';

const { pageUrl, apiUrl, report, close } = await startShow();
console.log(`the page is of ${pageUrl}, the API of ${apiUrl}: two origins`);

const preflight = await fetch(`${apiUrl}/v1/notes`, {
  method: 'OPTIONS',
  headers: {
    origin: pageUrl,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
});
console.log(`\nThe preflight, which no signature comes with: ${preflight.status}`);
for (const [name, value] of preflight.headers)
  if (name.startsWith('access-control')) console.log(`  ${name}: ${value}`);

const browser = await startChromium();
if (browser === undefined) {
  console.log(`\nThere is no Chromium on the PATH. Open ${pageUrl} in a browser; Ctrl-C ends this.`);
} else {
  console.log(`\nChromium ${browser.version()} opens the page, which says:`);
  await (await browser.newPage()).goto(pageUrl);
}
for (const { kept, what, came } of await report) {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what.padEnd(78)} ${came}`);
  if (!kept) process.exitCode = 1;
}
await browser?.close();
close();
