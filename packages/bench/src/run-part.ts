/** A part's own process: runs the part that it is told by name and sends its parent what was measured. */
import { EXTENTS } from './extent.js';
import { PARTS } from './parts/index.js';

const [name = '', extentName = ''] = process.argv.slice(2);
const part = PARTS.get(name);
const extent = EXTENTS[extentName];
if (part === undefined || extent === undefined) throw new Error(`usage: run-part.js <part> full|tiny`);

const measured = await part(extent);
await new Promise((resolve) => process.send?.(measured, resolve));
process.exit(0);
