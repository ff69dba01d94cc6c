/** Links of the built site, those of menus and those into pages too: vitepress itself follows those of texts, and to the page only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param base - path of the site on its server, with which its links begin.
 * @throws Error that lists the links to pages, files and places that are not there.
 */
export function checkLinks(folder: string, base = '/'): void {
  const files = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/')),
  );
  const pages = new Map(
    [...files].filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
  const places = new Map([...pages].map(([page, html]) => [page, new Set(every(html, / id="([^"]+)"/g))]));
  const dead = [...pages].flatMap(([page, html]) =>
    every(html, /<(?:a|img) [^>]*?(?:href|src)="([/#][^"]*)"/g)
      .filter((link) => {
        const [to, place] = link.split('#') as [string, string?];
        const file = to === '' ? page : to.startsWith(base) ? fileOf(to.slice(base.length)) : to;
        return !files.has(file) || (place && !places.get(file)?.has(decodeURIComponent(place)));
      })
      .map((link) => `${page}: ${link}`),
  );
  if (dead.length > 0) throw new Error(`links that lead nowhere:\n${[...new Set(dead)].join('\n')}`);
}

function every(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, found]) => found!);
}

/** The file of an address within the site, without its place. */
function fileOf(address: string): string {
  const path = decodeURIComponent(address);
  if (path === '' || path.endsWith('/')) return `${path}index.html`;
  return /\.\w+$/.test(path) ? path : `${path}.html`;
}
