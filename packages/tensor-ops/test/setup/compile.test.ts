import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type CompileJob,
  compileObjects,
  findCompiler,
  link,
  requireCompiler,
  simdFlags,
} from '../../src/setup/compile';
import { run } from '../../src/setup/run';

describe('without a compiler', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('says so with the command that installs one', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('CXX', undefined);
    expect(await findCompiler()).toBeUndefined();
    await expect(requireCompiler()).rejects.toThrow(/no C\+\+ compiler[\s\S]*apt-get install g\+\+/);
  });

  it('names a CXX that does not run', async () => {
    vi.stubEnv('CXX', '/nonexistent/cxx');
    await expect(requireCompiler()).rejects.toThrow(/CXX names \/nonexistent\/cxx/);
  });
});

const compiler = await findCompiler();

describe.skipIf(compiler === undefined)('compileObjects', () => {
  let folder: string;
  let job: CompileJob;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'icconv-compile-'));
    const source = join(folder, 'answer.cc');
    writeFileSync(source, '#include "answer.h"\n#include <cstdio>\nint main() { std::printf("%d\\n", ANSWER); }\n');
    writeFileSync(join(folder, 'answer.h'), '#define ANSWER 42\n');
    job = {
      compiler: compiler!,
      sources: [source],
      includeFolders: [folder],
      flags: ['-std=c++17', '-I', folder],
      objectFolder: join(folder, 'objects'),
      label: 'test',
      onProgress: () => {},
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('compiles and links a program, and compiles again when a header changes', async () => {
    const program = join(folder, 'program');
    await link(compiler!, await compileObjects(job), [], program);
    expect(await run(program, [])).toBe('42\n');
    await compileObjects(job);
    expect(readdirSync(job.objectFolder)).toHaveLength(1);
    writeFileSync(join(folder, 'answer.h'), '#define ANSWER 43\n');
    await link(compiler!, await compileObjects(job), [], program);
    expect(await run(program, [])).toBe('43\n');
  });

  it('compiles again only what includes what changed, however far away', async () => {
    writeFileSync(join(folder, 'answer.h'), '#include "far.h"\n#define ANSWER FAR\n');
    writeFileSync(join(folder, 'far.h'), '#define FAR 1\n');
    writeFileSync(join(folder, 'other.h'), '');
    const [first] = await compileObjects(job);
    writeFileSync(join(folder, 'other.h'), '// changed\n');
    expect(await compileObjects(job)).toEqual([first]);
    writeFileSync(join(folder, 'far.h'), '#define FAR 2\n');
    expect(await compileObjects(job)).not.toEqual([first]);
  });

  it('counts what an assembler takes in by names that macros make', async () => {
    writeFileSync(join(folder, 'text.cu'), 'one');
    writeFileSync(
      job.sources[0]!,
      '#define EMBED(name) asm(".pushsection .rodata\\n.incbin \\"" name ".cu\\"\\n.popsection")\nEMBED("text");\nint main() {}\n',
    );
    const [first] = await compileObjects(job);
    expect(await compileObjects(job)).toEqual([first]);
    writeFileSync(join(folder, 'text.cu'), 'two');
    expect(await compileObjects(job)).not.toEqual([first]);
  });

  it('knows the same files in another folder', async () => {
    const objects = await compileObjects(job);
    const moved = join(folder, 'moved');
    mkdirSync(moved);
    for (const file of ['answer.cc', 'answer.h']) copyFileSync(join(folder, file), join(moved, file));
    const again = { ...job, sources: [join(moved, 'answer.cc')], includeFolders: [moved] };
    expect(await compileObjects({ ...again, flags: ['-std=c++17', '-I', moved] })).toEqual(objects);
  });

  it.runIf(process.arch === 'x64').each([
    ['bfloat16', 'avx512bf16', 'avx512bf16', '__AVX512BF16__'],
    ['products of tiles', 'amx-bf16', 'amx', '__AMX_BF16__'],
  ])('leaves %s out with a compiler that does not know it', async (_, flag, ending, macro) => {
    const old = join(folder, 'old-compiler');
    writeFileSync(old, `#!/bin/sh\ncase "$*" in *${flag}\\ *) exit 1;; esac\nexec ${compiler!.command} "$@"\n`, {
      mode: 0o755,
    });
    const source = join(folder, `half_${ending}.cc`);
    writeFileSync(source, `#if defined(${macro})\n#error known\n#endif\n`);
    const halves = { ...job, sources: [source] };
    await expect(compileObjects(halves)).rejects.toThrow(/known/);
    expect(await compileObjects({ ...halves, compiler: { ...compiler!, command: old } })).toHaveLength(1);
  });

  it("shows the compiler's message and leaves no object", async () => {
    writeFileSync(join(folder, 'answer.h'), '#error broken\n');
    await expect(compileObjects(job)).rejects.toThrow(/answer\.cc does not compile:[\s\S]*broken[\s\S]*remedy/);
    expect(readdirSync(job.objectFolder)).toEqual([]);
  });
});

describe('simdFlags', () => {
  it('gives instruction sets by the name of the file', () => {
    expect(simdFlags('a/b_avx512.cc', 'x64')).toContain('-mavx512f');
    expect(simdFlags('a/b_avx512.cc', 'x64')).not.toContain('-mavx512bf16');
    expect(simdFlags('a/b_avx512bf16.cc', 'x64')).toEqual(expect.arrayContaining(['-mavx512f', '-mavx512bf16']));
    expect(simdFlags('a/b_avx512bf16.cc', 'x64')).not.toContain('-mamx-tile');
    expect(simdFlags('a/b_amx.cc', 'x64')).toEqual(
      expect.arrayContaining(['-mavx512f', '-mavx512bf16', '-mamx-tile', '-mamx-bf16']),
    );
    expect(simdFlags('a/b_avx2.cc', 'x64')).not.toContain('-mavx512f');
    expect(simdFlags('a/b.cc', 'x64')).toEqual([]);
    expect(simdFlags('a/b_avx2.cc', 'arm64')).toBeUndefined();
  });
});
