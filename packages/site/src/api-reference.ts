/**
 * The API reference: TypeDoc over the sources of every public entry point, as Markdown in docs/api. Whatever is exported
 * and does not say what it is, is a complaint. TypeDoc needs a TypeScript with a JavaScript API, which version 7 has not:
 * this package has a version 6 of its own.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Application, Converter, Logger, LogLevel, type ProjectReflection, ReflectionKind } from 'typedoc';
import { REPOSITORY_ROOT } from './repository.js';

/** The source of every public entry point, by the specifier that imports it. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  '@countersign/client': 'packages/client/src/index.ts',
  '@countersign/client/undici': 'packages/client/src/undici/index.ts',
  '@countersign/server': 'packages/server/src/index.ts',
  '@countersign/server/adapter': 'packages/server/src/adapter/index.ts',
  '@countersign/server/stores': 'packages/server/src/stores.ts',
  '@countersign/hono': 'packages/hono/src/index.ts',
  '@countersign/express': 'packages/express/src/index.ts',
  '@countersign/redis': 'packages/redis/src/index.ts',
  '@countersign/console': 'packages/console/src/index.ts',
  '@countersign/canonical': 'packages/canonical/src/index.ts',
};

/** What must say what it is. A parameter is told of in the text of its function, where its name does not say it. */
const DOCUMENTED = [
  'Module',
  'Variable',
  'Function',
  'Class',
  'Interface',
  'TypeAlias',
  'Property',
  'Method',
  'Accessor',
] as const;

/** Members that the text of the whole tells of. */
const TOLD_BY_THE_WHOLE = [
  ...['outcome', 'levels', 'retryAfterMs', 'deadSinceMs', 'reason'].map(
    (member) => `@countersign/server.AdmissionResult.__type.${member}`,
  ),
  ...['authority', 'target'].map((member) => `@countersign/server/adapter.cutUrl.__type.${member}`),
];

const MARKDOWN = {
  router: 'module',
  flattenOutputFiles: true,
  excludeScopesInPaths: true,
  tableColumnSettings: { hideDefaults: true, hideModifiers: true, hideInherited: true, hideOverrides: true },
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  useCustomAnchors: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  sanitizeComments: true,
};

/** Keeps what is wrong instead of printing it. */
class Complaints extends Logger {
  readonly list: string[] = [];
  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.list.push(message);
  }
}

/**
 * Reads all sources and holds them to being documented.
 *
 * @param folder where the Markdown goes, which is emptied first; without it nothing is written
 * @returns what is wrong; empty when all is well
 */
export async function apiReference(folder?: string): Promise<readonly string[]> {
  const complaints = new Complaints();
  const app = await Application.bootstrapWithPlugins({
    entryPoints: Object.values(ENTRY_POINTS).map((source) => `${REPOSITORY_ROOT}/${source}`),
    tsconfig: fileURLToPath(new URL('../typedoc.tsconfig.json', import.meta.url)),
    plugin: ['typedoc-plugin-markdown'],
    logLevel: 'Warn',
    name: 'API',
    readme: 'none',
    disableSources: true,
    excludeExternals: true,
    sort: ['source-order'],
    groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
    sortEntryPoints: false,
    validation: { notExported: true, invalidLink: true, notDocumented: true },
    requiredToBeDocumented: [...DOCUMENTED],
    intentionallyNotDocumented: TOLD_BY_THE_WHOLE,
    packagesRequiringDocumentation: Object.keys(ENTRY_POINTS).filter((name) => name.split('/').length === 2),
    ...MARKDOWN,
  });
  app.logger = complaints;
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => nameModules(project));

  const project = await app.convert();
  if (project === undefined) return complaints.list;
  app.validate(project);
  if (folder !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    await app.outputs.writeOutput({ name: 'markdown', path: folder }, project);
  }
  return complaints.list;
}

/** Modules are called by what one imports. */
function nameModules(project: ProjectReflection): void {
  const names = new Map(Object.entries(ENTRY_POINTS).map(([specifier, source]) => [source, specifier]));
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    const source = [...names.keys()].find(
      (path) => path === `packages/${module.name}.ts` || path === `packages/${module.name}/index.ts`,
    );
    module.name = names.get(source ?? '') ?? module.name;
  }
}
