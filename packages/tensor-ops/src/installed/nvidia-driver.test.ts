import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nvidiaDriverVersion } from './nvidia-driver';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-driver-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  [
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023\nGCC version: 12.2.0\n',
    '535.129.03',
  ],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n', '550.54.15'],
  ['something else 1.2.3\n', undefined],
])('reads the driver’s version from what the kernel tells: %s', (text, version) => {
  const file = join(folder, 'version');
  writeFileSync(file, text);
  expect(nvidiaDriverVersion(file)).toBe(version);
});

it('knows none where there is no driver', () => expect(nvidiaDriverVersion(join(folder, 'absent'))).toBeUndefined());
