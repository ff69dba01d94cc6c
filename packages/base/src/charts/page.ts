/** A report as one self-contained page: no script, no font, no link goes out. */
import { escapeHtml } from '../text/escape-html';

const STYLE = `
:root{--ink:#27364b;--soft:#65748b;--line:#e3e8ef;--blue:#1d6fa5}
*{box-sizing:border-box}body{margin:0;background:#f3f5f8;color:var(--ink);font:15px/1.5 Inter,system-ui,Helvetica,Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 24px 64px}h1{font-size:28px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:17px;margin:0 0 2px}p{margin:0 0 14px;color:var(--soft);max-width:76ch}
p.warning{color:#9a4a12;background:#fdf1e6;border-radius:8px;padding:10px 14px}
section{background:#fff;border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin-top:20px;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;margin-top:24px}
.tile{background:#fff;border:1px solid var(--line);border-radius:12px;padding:14px 18px}
.tile b{display:block;font-size:24px;color:var(--blue);font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:8px}svg,img{max-width:100%;height:auto}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:16px}figure{margin:0}.pictures img{width:100%}
figcaption{color:var(--soft);font-size:13px;overflow-wrap:anywhere}pre{margin:0;overflow-x:auto;font-size:13px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:13px}td:first-child,th:first-child{text-align:left}tr:last-child td{border-bottom:0}`;

export interface PageSection {
  /** None where the html has its own, as charts have. */
  readonly title?: string;
  /** What is to be seen. */
  readonly text?: string;
  readonly html: string;
}

export interface Page {
  readonly title: string;
  readonly intro?: string;
  readonly warning?: string | undefined;
  /** Numbers that matter most, each with what it is. */
  readonly tiles?: readonly (readonly [value: string, text: string])[];
  readonly sections: readonly PageSection[];
}

/** @returns an HTML document; all but a section's `html` is text, which is escaped. */
export function renderPage({ title, intro, warning, tiles = [], sections }: Page): string {
  const text = (words: string | undefined, mark = '') => (words ? `<p${mark}>${escapeHtml(words)}</p>\n` : '');
  const heading = (words: string | undefined) => (words ? `<h2>${escapeHtml(words)}</h2>` : '');
  const cells = tiles.map(
    ([value, name]) => `<div class="tile"><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`,
  );
  const parts = sections.map((one) => `<section>${heading(one.title)}${text(one.text)}${one.html}</section>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head><body><main>
<h1>${escapeHtml(title)}</h1>${text(intro)}${text(warning, ' class="warning"')}${cells.length === 0 ? '' : `<div class="tiles">${cells.join('')}</div>`}
${parts.join('\n')}
</main></body></html>
`;
}

/** The first column holds text, the others numbers. */
export function pageTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((cells) => line(cells, 'td')).join('')}</table>`;
}
