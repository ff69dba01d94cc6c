/** The site: pages of `docs`, READMEs, and the API that typedoc writes into `out/api`. Links are followed at build; a dead one ends it. */
import { join, relative } from 'node:path/posix';
import { type DefaultTheme, defineConfig, type Plugin } from 'vitepress';
import { addressOf, pageOf, REPOSITORY, ROOT } from './documents';
import { checkLinks } from './links';

/** A group of pages: title and address of each. */
const group = (text: string, pages: Readonly<Record<string, string>>): DefaultTheme.SidebarItem => ({
  text,
  items: Object.entries(pages).map(([text, link]) => ({ text, link })),
});

const PACKAGES = [
  ...['tensor-ops', 'inception-conv', 'models', 'edo', 'coco', 'training', 'task'],
  ...['detection', 'pose', 'classification', 'server', 'base', 'cli'],
];

/** A heading's place in its page, as GitHub calls it. */
function placeName(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** Documents outside of this folder become Vue's components too, and find it here. */
const vueForAll: Plugin = {
  name: 'vue-for-all',
  enforce: 'pre',
  resolveId(id, importer) {
    const isDocument = importer?.startsWith(ROOT) && importer.includes('.md');
    return isDocument && /^vue($|\/)/.test(id)
      ? this.resolve(id, join(ROOT, 'docs/package.json'), { skipSelf: true })
      : null;
  },
};

export default defineConfig({
  title: 'IC-Conv for TypeScript',
  description: 'Inception convolution and Efficient Dilation Optimization on TensorFlow.js',
  srcDir: '..',
  outDir: '../out/site',
  cacheDir: '../node_modules/.cache/vitepress',
  srcExclude: ['**/{.venv,demo,fixtures,native,tooling,.changeset}/**'],
  rewrites: (file) => pageOf(file) ?? file,
  lastUpdated: false,
  // Indented code has no frame of VitePress' own: long lines would widen the page on phones.
  head: [['style', {}, '.vp-doc pre { overflow-x: auto; }']],
  markdown: {
    anchor: { slugify: placeName },
    config: ({ core }) => {
      core.ruler.push('addresses', ({ tokens, env }) => {
        const document = relative(ROOT, env.realPath ?? env.path);
        for (const link of tokens
          .flatMap(({ children }) => children ?? [])
          .filter(({ type }) => type === 'link_open')) {
          link.attrSet('href', addressOf(document, decodeURI(link.attrGet('href')!)));
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    outline: [2, 3],
    sidebar: [
      group('Tasks', {
        Install: '/install',
        'Find objects': '/detect',
        'Find people': '/pose',
        'Say what a picture shows': '/classify',
        'Train on your own data': '/train',
        'Search dilations': '/search',
        Evaluate: '/evaluate',
        Server: '/server',
        'In a browser': '/browser',
      }),
      group('Machines', { GPU: '/gpu', 'Several machines': '/machines', Performance: '/performance' }),
      group('Weights and data', {
        'Published checkpoints': '/zoo',
        'Weight files': '/weights',
        "COCO's data": '/coco',
      }),
      group('The method', {
        'From the paper to the code': '/paper',
        'Where it pays': '/evidence',
        Decisions: '/decisions/',
      }),
      group('Reference', { API: '/api/', Errors: '/errors', Troubleshooting: '/troubleshooting' }),
      group('Packages', Object.fromEntries(PACKAGES.map((name) => [`@icconv/${name}`, `/packages/${name}`]))),
      group('Project', { Contributing: '/contributing', Security: '/security' }),
    ],
  },
  vite: { plugins: [vueForAll] },
  buildEnd: ({ outDir, site }) => checkLinks(outDir, site.base),
});
