import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLinks } from '../.vitepress/links';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-site-'));
  mkdirSync(join(folder, 'packages'));
  writeFileSync(join(folder, 'packages/coco.html'), '<h2 id="speed">Speed</h2><h2 id="caf\u00e9">Caf\u00e9</h2>');
});
afterEach(() => rmSync(folder, { recursive: true }));

const home = (links: string) => writeFileSync(join(folder, 'index.html'), `<h1 id="top">Top</h1>${links}`);

test('places that are there are found, in the own page too', () => {
  home(
    '<a href="/packages/coco.html#speed">a</a><a class="x" href="#top">b</a><a href="/#top">c</a><a href="/packages/coco">d</a>',
  );
  expect(() => checkLinks(folder)).not.toThrow();
  home('<a href="/packages/coco.html#caf%C3%A9">a</a>');
  expect(() => checkLinks(folder)).not.toThrow();
});

test('pages, files and places that are not there are listed with the page', () => {
  home(
    '<a href="/packages/coco.html#numbers">a</a><a href="#bottom">b</a><a href="/none">c</a><img src="/assets/a.png">',
  );
  expect(() => checkLinks(folder)).toThrow(
    'index.html: /packages/coco.html#numbers\nindex.html: #bottom\nindex.html: /none\nindex.html: /assets/a.png',
  );
});

test('a site in a folder of its server', () => {
  home(
    '<a href="/icconv/packages/coco.html#speed">a</a><a href="/icconv/">b</a><img src="/icconv/packages/coco.html">',
  );
  expect(() => checkLinks(folder, '/icconv/')).not.toThrow();
  home('<a href="/packages/coco.html">a</a><a href="/icconv/none">b</a>');
  expect(() => checkLinks(folder, '/icconv/')).toThrow('index.html: /packages/coco.html\nindex.html: /icconv/none');
});
