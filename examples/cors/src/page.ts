/** The page and the modules that it loads: those of the installed packages, as they are. Nothing is bundled. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Apis } from './steps.js';

const IMPORT_MAP = {
  imports: {
    '@countersign/client': '/modules/client/index.js',
    '@countersign/canonical': '/modules/canonical/index.js',
    '#hash': '/modules/canonical/hash/noble.js', // what @countersign/canonical takes where there is no node:crypto
    '@noble/hashes/': '/modules/noble/',
  },
};

/** Files by their path on the page's origin. What is not on this list does not exist. */
export function listModules(): ReadonlyMap<string, string> {
  const client = createRequire(import.meta.url).resolve('@countersign/client');
  const canonical = createRequire(client).resolve('@countersign/canonical');
  const noble = createRequire(canonical).resolve('@noble/hashes/sha2.js');
  const modules = new Map<string, string>();
  const add = (prefix: string, folder: string): void => {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.js'))
        modules.set(`/modules/${prefix}/${name.replaceAll('\\', '/')}`, join(folder, name));
    }
  };
  add('client', dirname(client));
  add('canonical', dirname(canonical));
  add('noble', dirname(noble));
  for (const name of ['client.js', 'steps.js']) {
    modules.set(`/modules/page/${name}`, fileURLToPath(new URL(`../dist/${name}`, import.meta.url)));
  }
  return modules;
}

export function pageHtml(apis: Apis): string {
  return `<!doctype html>
<meta charset="utf-8">
<title>A signed API of another origin</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify(IMPORT_MAP)}</script>
<h1>A signed API of another origin</h1>
<ol></ol>
<script type="module">
import { takeSteps } from '/modules/page/steps.js';
const steps = [];
await takeSteps(${JSON.stringify(apis)}, (step) => {
  steps.push(step);
  const line = document.querySelector('ol').appendChild(document.createElement('li'));
  line.textContent = \`\${step.kept ? 'kept' : 'BROKEN'}: \${step.what}: \${step.came}\`;
});
await fetch('/report', { method: 'POST', body: JSON.stringify(steps) });
</script>
`;
}
