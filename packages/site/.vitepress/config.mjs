// VitePress looks for its configuration here; it is compiled from src/site-config.ts.
export { siteConfig as default } from '../dist/site-config.js';
