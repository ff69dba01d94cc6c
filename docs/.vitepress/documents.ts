/** Which files of the repository are pages of the site, and where they stand there. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Of the repository on the web. */
export const REPOSITORY = 'https://github.com/icconv/icconv';

/** Files that are pages, by the beginning of their paths and what becomes of it. */
const PLACES: readonly (readonly [pattern: RegExp, page: string])[] = [
  [/^README\.md$/, 'index.md'],
  [/^CONTRIBUTING\.md$/, 'contributing.md'],
  [/^SECURITY\.md$/, 'security.md'],
  [/^packages\/([\w-]+)\/README\.md$/, 'packages/$1.md'],
  [/^examples\/([\w-]+)\/README\.md$/, 'examples/$1.md'],
  [/^docs\/decisions\/README\.md$/, 'decisions/index.md'],
  [/^docs\/((?:decisions\/)?[\w-]+\.md)$/, '$1'],
  [/^out\/(api\/.+\.md)$/, '$1'],
];

/** The page that a file of the repository is, `packages/coco.md`; undefined for one that is none. */
export function pageOf(file: string): string | undefined {
  const [place] = PLACES.filter(([pattern]) => pattern.test(file));
  return place && file.replace(...place);
}

/**
 * The address of what a document links to: of the site where that is a page, else of the repository on the web.
 *
 * @param document - path of the document in the repository.
 * @param link - as it stands there: relative, or of the repository on the web.
 * @throws Error where neither a page nor a file is there.
 */
export function addressOf(document: string, link: string): string {
  const own = link.startsWith(`${REPOSITORY}/`) && /^\/(?:blob|tree)\/main\/(.*)$/.exec(link.slice(REPOSITORY.length));
  if (!own && (/^[a-z]+:/.test(link) || link.startsWith('#'))) return link;
  const [path, hash] = (own ? own[1]! : join(document, '..', link)).split('#');
  const after = hash === undefined ? '' : `#${hash}`;
  const file = path!.replace(/\/$/, '') || '.';
  const there = statSync(join(ROOT, file), { throwIfNoEntry: false });
  if (file.startsWith('../') || there === undefined) throw new Error(`${document}: the link ${link} leads nowhere`);
  const readme = join(file, 'README.md');
  const page = pageOf(there.isDirectory() && existsSync(join(ROOT, readme)) ? readme : file);
  if (page !== undefined) return `/${page.replace(/((?<=^|\/)index)?\.md$/, '')}${after}`;
  return `${REPOSITORY}/${there.isDirectory() ? 'tree' : 'blob'}/main/${file}${after}`;
}
