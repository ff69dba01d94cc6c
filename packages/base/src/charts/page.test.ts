import { expect, test } from 'vitest';
import { pageTable, renderPage } from './page';

test('all text is escaped, and what is not given leaves nothing behind', () => {
  const page = renderPage({
    title: 'A & B',
    tiles: [['<1', 'less']],
    sections: [{ title: 'x < y', text: '"q"', html: '<b>bold</b>' }, { html: pageTable(['a'], [['<td>']]) }],
  });
  expect(page).toContain(
    '<h1>A &#38; B</h1><div class="tiles"><div class="tile"><b>&#60;1</b><span>less</span></div></div>',
  );
  expect(page).toContain('<section><h2>x &#60; y</h2><p>&#34;q&#34;</p>\n<b>bold</b></section>');
  expect(page).toContain('<section><table><tr><th>a</th></tr><tr><td>&#60;td&#62;</td></tr></table></section>');
  expect(page).not.toMatch(/undefined|<script|https?:/);
});
