/** What a set-up leaves behind, and how it is found again after node_modules has been deleted. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Build, ENGINE_FILES } from '../../src/installed/build-key';
import { install, readInstalled } from '../../src/installed/installed-engine';
import type { Library } from '../../src/installed/library';
import { bindingFolder, type TfjsNode } from '../../src/installed/tfjs-node';

describe('an engine that is set up', () => {
  let root: string;
  let cache: string;
  let build: Build;
  let library: Library;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'icconv-install-'));
    cache = join(root, 'cache');
    build = { key: 'key', folder: join(cache, 'builds', 'key') };
    mkdirSync(build.folder, { recursive: true });
    for (const file of [...ENGINE_FILES, 'build.json']) writeFileSync(join(build.folder, file), file);
    const libFolder = join(cache, 'libtensorflow');
    mkdirSync(libFolder);
    writeFileSync(join(libFolder, 'libtensorflow_cc.so.2'), '');
    library = { libFolder, includeFolder: join(libFolder, 'include'), variant: 'cpu', version: '2.21.0' };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function tfjsNode(origin: TfjsNode['origin'], source = '// binding'): TfjsNode {
    const folder = join(root, origin);
    mkdirSync(join(folder, 'binding'), { recursive: true });
    writeFileSync(join(folder, 'binding', 'tfjs_binding.cc'), source);
    return { origin, folder, version: '4.22.0' };
  }

  it('is loaded from the cache where the project has no tfjs-node-gpu', async () => {
    const node = tfjsNode('bundled');
    expect(await readInstalled(node, cache)).toBeUndefined();
    const installed = await install(node, build, library, cache);
    expect(installed).toMatchObject({ folder: build.folder, tensorflow: '2.21.0', variant: 'cpu' });
    expect(existsSync(bindingFolder(node))).toBe(false);
    // npm ci unpacks the same package anew.
    rmSync(node.folder, { recursive: true });
    expect(await readInstalled(tfjsNode('bundled'), cache)).toEqual(installed);
  });

  it('comes back into a project that was installed anew', async () => {
    const node = tfjsNode('project');
    const installed = await install(node, build, library, cache);
    expect(installed.folder).toBe(bindingFolder(node));
    rmSync(node.folder, { recursive: true });
    expect(await readInstalled(tfjsNode('project'), cache)).toEqual(installed);
    for (const file of ENGINE_FILES) expect(readFileSync(join(bindingFolder(node), file), 'utf8')).toBe(file);
  });

  it('serves a project without the cache of builds', async () => {
    const node = tfjsNode('project');
    const installed = await install(node, build, library, cache);
    rmSync(build.folder, { recursive: true });
    expect(await readInstalled(node, cache)).toEqual(installed);
  });

  it('is not that of other sources', async () => {
    await install(tfjsNode('bundled'), build, library, cache);
    expect(await readInstalled(tfjsNode('bundled', '// another version'), cache)).toBeUndefined();
  });

  it('does not replace what another tool has put into the project', async () => {
    await install(tfjsNode('bundled'), build, library, cache);
    const node = tfjsNode('project');
    mkdirSync(bindingFolder(node), { recursive: true });
    writeFileSync(join(bindingFolder(node), 'tfjs_binding.node'), 'foreign');
    expect(await readInstalled(node, cache)).toBeUndefined();
    expect(readFileSync(join(bindingFolder(node), 'tfjs_binding.node'), 'utf8')).toBe('foreign');
  });

  it.each(['bundled', 'project'] as const)('is none without its library (%s)', async (origin) => {
    const node = tfjsNode(origin);
    await install(node, build, library, cache);
    rmSync(library.libFolder, { recursive: true });
    expect(await readInstalled(node, cache)).toBeUndefined();
  });

  it('is none without its build', async () => {
    const node = tfjsNode('bundled');
    await install(node, build, library, cache);
    rmSync(join(build.folder, 'build.json'));
    expect(await readInstalled(node, cache)).toBeUndefined();
  });
});
