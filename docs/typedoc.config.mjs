// The API of every published entry, one page each, from the doc comments: `out/api`, which the site takes up.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Converter, ReflectionKind } from 'typedoc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Source file of an entry, and the name it is imported by. */
const names = new Map(
  readdirSync(join(ROOT, 'packages')).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8'));
    return Object.entries(exports)
      .filter(([, target]) => target['icconv-source'] !== undefined)
      .map(([entry, target]) => [join(ROOT, 'packages', folder, target['icconv-source']), name + entry.slice(1)]);
  }),
);

/** Entries are called as they are imported; links name what any entry exports, as a name means the same in all of them. */
function entriesByName(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    const name = reflection.kindOf(ReflectionKind.Module) && names.get(file);
    if (name) reflection.name = name;
  });
  app.converter.addUnknownSymbolResolver((reference, { project }, link) => {
    const [part, ...more] = reference.symbolReference?.path ?? [];
    if (link === undefined || part === undefined || more.length > 0) return undefined;
    const exported = project.children?.flatMap((entry) => entry.children ?? []) ?? [];
    const target = exported.find(({ name, kind }) => name === part.path && kind !== ReflectionKind.Reference);
    return target && { target };
  });
}

/** @type {import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions} */
export default {
  entryPoints: [...names.keys()],
  tsconfig: 'tsconfig.api.json',
  plugin: ['typedoc-plugin-markdown', entriesByName],
  out: '../out/api',
  router: 'module',
  readme: 'none',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  tableColumnSettings: { hideSources: true, hideInherited: true, hideOverrides: true },
  useHTMLEncodedBrackets: true,
  sanitizeComments: true,
  excludeInternal: true,
  disableGit: true,
  basePath: ROOT,
  sourceLinkTemplate: 'https://github.com/icconv/icconv/blob/main/packages/{path}#L{line}',
  treatWarningsAsErrors: true,
};
