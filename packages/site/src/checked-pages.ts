/** The pages whose code is checked: whatever a reader of the repository meets, but for what TypeDoc writes. */
import { markdownFiles } from './pages.js';

/** Paths from the root of the repository. */
export function checkedPages(): string[] {
  return markdownFiles().filter(
    (file) =>
      !file.includes('/') ||
      /^(docs\/(?!api\/)|packages\/[^/]+\/README|packages\/canonical\/vectors\/|examples\/)/.test(file),
  );
}
