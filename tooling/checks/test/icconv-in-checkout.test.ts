import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../src/imports/read-imports';

test('pnpm icconv reads paths of the folder where it is called, and hands on the exit code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'icconv-here-'));
  const check = (file: string) =>
    spawnSync(process.execPath, [join(ROOT, 'tooling/scripts/icconv.mjs'), 'coco', 'check', file], {
      cwd: ROOT,
      env: { ...process.env, INIT_CWD: folder },
      encoding: 'utf8',
    });
  try {
    writeFileSync(
      join(folder, 'here.json'),
      JSON.stringify({
        images: [{ id: 1, file_name: 'a.png', width: 8, height: 8 }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 4, 4], area: 16, iscrowd: 0 }],
        categories: [{ id: 1, name: 'a' }],
      }),
    );
    const found = check('here.json');
    expect(found.stderr).toBe('');
    expect(found.status).toBe(0);
    const missing = check('elsewhere.json');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('elsewhere.json');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
