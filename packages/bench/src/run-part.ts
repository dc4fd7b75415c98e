/** A part's own process: runs the part that it is told by name and sends its parent what was measured. */
import { EXTENTS, isExtentName } from './extent.js';
import { PARTS } from './parts/index.js';

const [name = '', extentName = ''] = process.argv.slice(2);
const part = PARTS.get(name);
if (part === undefined || !isExtentName(extentName)) throw new Error('usage: run-part.js <part> <extent>');

const measured = await part(EXTENTS[extentName]);
await new Promise((resolve) => process.send?.(measured, resolve));
process.exit(0);
